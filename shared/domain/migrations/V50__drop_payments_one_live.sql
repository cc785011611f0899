-- payments_one_per_order refuses the same, for the release before as well: it writes no surplus payments.
drop index payments_one_live;
