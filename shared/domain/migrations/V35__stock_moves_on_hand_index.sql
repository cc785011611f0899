-- What has changed a product's stock on hand since a count was taken. Orders that are placed write no entry.
create index if not exists stock_moves_on_hand on stock_moves (product_id, moved_at) where on_hand_delta <> 0;
