//! Reads the types of the template from the YAML tree.

use super::{
    Cors, Error, Function, Queue, Redrive, Route, Schedule, ScheduleExpression, Source, Template,
    Throttle, node::Node,
};
use serde_yaml_ng::Value;
use std::{collections::BTreeSet, time::Duration};

pub(super) fn template(root: &Value) -> Result<Template, Error> {
    let root = Node::root(root);
    let globals = root.get("Globals").and_then(|globals| globals.get("Function"));
    let (functions, queues, throttles) = Default::default();
    let mut template = Template { functions, queues, throttles, cors: None };
    for (id, resource) in root.need("Resources", "the resources")?.entries()? {
        match resource.need("Type", "the resource's type")?.text()?.as_str() {
            "AWS::Serverless::Function" => {
                let properties = resource.need("Properties", "the function's properties")?;
                template.functions.insert(id.clone(), function(id, &properties, globals.as_ref())?);
            }
            "AWS::Serverless::HttpApi" => {
                let Some(properties) = resource.get("Properties") else { continue };
                let rules = properties.get("CorsConfiguration");
                template.cors = rules.map(|rules| cors(&rules)).transpose()?;
                let routes = properties.get("RouteSettings");
                for (key, route) in routes.map_or(Ok(Vec::new()), |routes| routes.entries())? {
                    template.throttles.insert(key, throttle(&route)?);
                }
            }
            "AWS::SQS::Queue" => {
                template.queues.insert(id.clone(), queue(id, resource.get("Properties").as_ref())?);
            }
            _ => {}
        }
    }
    Ok(template)
}

fn throttle(route: &Node<'_>) -> Result<Throttle, Error> {
    Ok(Throttle {
        rate: route.need("ThrottlingRateLimit", "requests a second")?.number()?,
        burst: route.need("ThrottlingBurstLimit", "requests at once")?.number()?,
    })
}

fn function(id: String, own: &Node<'_>, globals: Option<&Node<'_>>) -> Result<Function, Error> {
    let either = |key: &str| own.get(key).or_else(|| globals.and_then(|globals| globals.get(key)));
    let code = own.need("CodeUri", "the function's folder")?.text()?;
    let code = code.trim_start_matches("./").trim_end_matches('/').to_owned();
    let binary = code.rsplit('/').next().unwrap_or(&code).to_owned();
    // The defaults of AWS are 3 s and 128 MB.
    let timeout = either("Timeout").map_or(Ok(3), |node| node.number())?;
    let memory_mb = either("MemorySize").map_or(Ok(128), |node| node.number())?;
    let reserved = own.get("ReservedConcurrentExecutions").map(|node| node.number()).transpose()?;
    let mut variables = BTreeSet::new();
    for location in [Some(own), globals].into_iter().flatten() {
        if let Some(declared) = location.get("Environment").and_then(|node| node.get("Variables")) {
            variables.extend(declared.entries()?.into_iter().map(|(name, _)| name));
        }
    }
    let mut function = Function {
        id,
        code,
        binary,
        timeout: Duration::from_secs(timeout),
        memory_mb,
        reserved_concurrency: reserved,
        variables,
        routes: Vec::new(),
        sources: Vec::new(),
        schedules: Vec::new(),
    };
    for (name, event) in own.get("Events").map_or(Ok(Vec::new()), |events| events.entries())? {
        add_event(&mut function, name, &event)?;
    }
    Ok(function)
}

fn add_event(function: &mut Function, name: String, event: &Node<'_>) -> Result<(), Error> {
    let kind = event.need("Type", "the event's type")?;
    let properties = event.need("Properties", "the event's properties")?;
    match kind.text()?.as_str() {
        "HttpApi" => function.routes.push(route(&properties)?),
        "SQS" => function.sources.push(source(&properties)?),
        "Schedule" => function.schedules.push(schedule(name, "Schedule", &properties)?),
        "ScheduleV2" => function.schedules.push(schedule(name, "ScheduleExpression", &properties)?),
        _ => return Err(kind.unexpected("HttpApi, SQS, Schedule or ScheduleV2")),
    }
    Ok(())
}

fn route(event: &Node<'_>) -> Result<Route, Error> {
    let api = event.get("ApiId").map(|api| api.logical_id()).transpose()?;
    if event.get("Path").is_none() && event.get("Method").is_none() {
        return Ok(Route { method: "ANY".to_owned(), path: Route::DEFAULT.to_owned(), api });
    }
    let path = event.need("Path", "the route's path")?;
    let route = Route {
        method: event.need("Method", "the route's method")?.text()?.to_uppercase(),
        path: path.text()?,
        api,
    };
    if route.path.starts_with('/') {
        Ok(route)
    } else {
        Err(path.unexpected("a path that starts with /"))
    }
}

fn cors(rules: &Node<'_>) -> Result<Cors, Error> {
    let list = |key: &str| match rules.get(key) {
        Some(list) => list.items()?.iter().map(Node::text).collect(),
        None => Ok(Vec::new()),
    };
    Ok(Cors {
        methods: list("AllowMethods")?,
        headers: list("AllowHeaders")?,
        exposed: list("ExposeHeaders")?,
        max_age: rules.get("MaxAge").map_or(Ok(0), |seconds| seconds.number())?,
    })
}

fn source(event: &Node<'_>) -> Result<Source, Error> {
    let scaling = event.get("ScalingConfig").and_then(|scaling| scaling.get("MaximumConcurrency"));
    let mut reports_failures = false;
    if let Some(types) = event.get("FunctionResponseTypes") {
        for kind in types.items()? {
            match kind.text()?.as_str() {
                "ReportBatchItemFailures" => reports_failures = true,
                _ => return Err(kind.unexpected("ReportBatchItemFailures")),
            }
        }
    }
    Ok(Source {
        queue: event.need("Queue", "the queue's ARN")?.logical_id()?,
        batch_size: event.get("BatchSize").map_or(Ok(10), |size| size.number())?,
        reports_failures,
        max_concurrency: scaling.map(|most| most.number()).transpose()?,
    })
}

/// The expression is named `Schedule` in events of type `Schedule`, and `ScheduleExpression` in `ScheduleV2`; either is
/// accepted in both.
fn schedule(name: String, key: &str, event: &Node<'_>) -> Result<Schedule, Error> {
    let node = match event.get("Schedule").or_else(|| event.get("ScheduleExpression")) {
        Some(node) => node,
        None => event.need(key, "rate(…) or cron(…)")?,
    };
    let text = node.text()?;
    let expression = match text.strip_prefix("rate(").and_then(|rest| rest.strip_suffix(')')) {
        Some(rate) => {
            let rate =
                parse_rate(rate).ok_or_else(|| node.unexpected("rate(N minutes|hours|days)"));
            ScheduleExpression::Rate(rate?)
        }
        None if text.starts_with("cron(") || text.starts_with("at(") => {
            ScheduleExpression::Calendar(text)
        }
        None => return Err(node.unexpected("rate(…) or cron(…)")),
    };
    let input = event.get("Input").map(|input| input.text()).transpose()?;
    Ok(Schedule { name, expression, input })
}

fn parse_rate(rate: &str) -> Option<Duration> {
    let (count, unit) = rate.split_once(' ')?;
    let minutes = match unit {
        "minute" | "minutes" => 1,
        "hour" | "hours" => 60,
        "day" | "days" => 24 * 60,
        _ => return None,
    };
    let count: u64 = count.parse().ok().filter(|count| *count > 0)?;
    Some(Duration::from_secs(count.checked_mul(minutes * 60)?))
}

fn queue(id: String, properties: Option<&Node<'_>>) -> Result<Queue, Error> {
    let get = |key: &str| properties.and_then(|node| node.get(key));
    let redrive = match get("RedrivePolicy") {
        None => None,
        Some(policy) => Some(Redrive {
            dead_letter_queue: policy
                .need("deadLetterTargetArn", "the ARN of a queue")?
                .logical_id()?,
            max_receive_count: policy.need("maxReceiveCount", "a whole number")?.number()?,
        }),
    };
    Ok(Queue {
        name: get("QueueName").and_then(|name| name.text().ok()).unwrap_or_else(|| id.clone()),
        fifo: get("FifoQueue").map_or(Ok(false), |flag| flag.flag())?,
        visibility_timeout: Duration::from_secs(
            get("VisibilityTimeout").map_or(Ok(30), |node| node.number())?,
        ),
        redrive,
        id,
    })
}
