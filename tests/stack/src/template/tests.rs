use super::*;

const SHOP: &str = include_str!("../../tests/fixtures/template.yaml");

#[test]
fn a_function_has_its_own_settings_and_those_of_globals() {
    let template = Template::parse(SHOP).unwrap();

    let orders = &template.functions["Orders"];

    assert_eq!((orders.code.as_str(), orders.binary.as_str()), ("functions/orders", "orders"));
    assert_eq!((orders.timeout, orders.memory_mb), (Duration::from_secs(15), 512));
    assert_eq!(orders.reserved_concurrency, Some(5));
    let variables: Vec<&str> = orders.variables.iter().map(String::as_str).collect();
    assert_eq!(variables, ["DATABASE_URL", "EMAIL_QUEUE_URL"]);
}

#[test]
fn a_route_names_its_method_its_path_and_its_api() {
    let template = Template::parse(SHOP).unwrap();

    let routes = &template.functions["Orders"].routes;

    let cancel = Route {
        method: "POST".to_owned(),
        path: "/v1/orders/{order_id}/cancel".to_owned(),
        api: Some("Api".to_owned()),
    };
    assert_eq!(routes.len(), 2);
    assert!(routes.contains(&cancel));
}

#[test]
fn a_route_without_method_and_path_takes_what_no_other_takes() {
    let event = "ApiId: {Ref: Api}, Path: /v1/stock, Method: get";
    assert!(SHOP.contains(event));
    let template = Template::parse(&SHOP.replace(event, "ApiId: {Ref: Api}")).unwrap();

    let routes = &template.functions["Inventory"].routes;

    assert!(routes.iter().any(|route| route.key() == "$default"), "{routes:?}");
}

#[test]
fn a_queue_feeds_a_function_and_has_its_dead_letters() {
    let template = Template::parse(SHOP).unwrap();

    let mail = &template.functions["SendEmail"];
    let queue = &template.queues["EmailQueue"];

    assert_eq!(mail.timeout, Duration::from_secs(30));
    assert_eq!(
        mail.sources,
        [Source {
            queue: "EmailQueue".to_owned(),
            batch_size: 5,
            reports_failures: true,
            max_concurrency: Some(2),
        }]
    );
    assert_eq!(queue.visibility_timeout, Duration::from_mins(3));
    let redrive =
        Redrive { dead_letter_queue: "EmailDeadLetters".to_owned(), max_receive_count: 4 };
    assert_eq!(queue.redrive, Some(redrive));
    assert_eq!(template.queues["EmailDeadLetters"].redrive, None);
}

#[test]
fn both_kinds_of_schedule_are_read() {
    let template = Template::parse(SHOP).unwrap();

    let schedules = &template.functions["Sweep"].schedules;
    let expressions: Vec<&ScheduleExpression> =
        schedules.iter().map(|schedule| &schedule.expression).collect();

    assert_eq!(
        expressions,
        [
            &ScheduleExpression::Rate(Duration::from_mins(1)),
            &ScheduleExpression::Calendar("cron(0 3 * * ? *)".to_owned())
        ]
    );
}

fn error_of(change: (&str, &str)) -> String {
    assert!(SHOP.contains(change.0));
    Template::parse(&SHOP.replace(change.0, change.1)).unwrap_err().to_string()
}

#[test]
fn an_error_names_the_place() {
    assert_eq!(
        error_of(("Timeout: 30", "Timeout: soon")),
        "template, Resources.SendEmail.Properties.Timeout: expected a whole number, found \"soon\""
    );
    assert_eq!(
        error_of((
            "Type: HttpApi, Properties: {ApiId: !Ref Api, Path: /v1/orders,",
            "Type: HttpApi, Properties: {"
        )),
        "template, Resources.Orders.Properties.Events.Place.Properties.Path: expected the route's path, found nothing"
    );
    assert_eq!(
        error_of(("Type: ScheduleV2", "Type: S3")),
        "template, Resources.Sweep.Properties.Events.Minute.Type: expected HttpApi, SQS, Schedule or ScheduleV2, \
         found \"S3\""
    );
}

#[test]
fn a_queue_that_is_not_declared_is_an_error() {
    assert_eq!(
        error_of(("Queue: !GetAtt EmailQueue.Arn", "Queue: !GetAtt MailQueue.Arn")),
        "template, events of SendEmail: there is no queue MailQueue"
    );
}

#[test]
fn a_route_that_two_functions_claim_is_an_error() {
    assert_eq!(
        error_of(("Path: /v1/stock, Method: get", "Path: /v1/orders, Method: post")),
        "template: POST /v1/orders is declared by both Inventory and Orders"
    );
}
