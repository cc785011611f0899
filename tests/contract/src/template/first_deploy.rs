//! What a function needs that `CloudFormation` calls in the middle of a deploy. It must be there at the call, and when the stack is
//! deleted it must outlive the answer: both hold for what the custom resource depends on.

use super::Faults;
use super::dependencies::{self, named_by, target};
use super::shapes::{Resources, Shape};
use super::yaml::Yaml;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The kinds of resources that are the network, the database, and its secrets.
const SURROUNDINGS: [&str; 3] = ["AWS::EC2::", "AWS::RDS::", "AWS::SecretsManager::"];
/// The destination of a route to the Internet, where `CloudFormation`'s answer URL and Secrets Manager are.
const EVERYWHERE: &str = "0.0.0.0/0";

/// A resource with the reason why it is needed.
type Needs = BTreeMap<String, &'static str>;

pub(super) fn has_what_it_needs(yaml: &Yaml) -> Faults {
    // By message, with the first shape that shows it.
    let mut faults = BTreeMap::new();
    let mut seen = 0;
    for (custom, function) in custom_resources(yaml) {
        for shape in shapes(yaml, &[&custom, &function]) {
            seen += 1;
            let resources = shape.resources_at_work();
            let kept = dependencies::of(&resources, &custom);
            let own = shape.resolve(&yaml.properties(&function)["Environment"]).unwrap_or_default();
            let stack = Stack { resources: &resources };
            let (needs, dead_ends) = stack.needs(&function, &own);
            for subnet in dead_ends {
                faults
                    .entry(format!("{function}: {subnet} has no way out"))
                    .or_insert(shape.to_string());
            }
            for (id, why) in needs {
                if !kept.contains(id.as_str()) {
                    let message = format!("{custom}: does not depend on {id}, {why}");
                    faults.entry(message).or_insert(shape.to_string());
                }
            }
        }
    }
    assert!(seen == 0 || seen >= 16, "only {seen} shapes");
    if seen == 0 {
        return vec!["no custom resource migrates the schema".to_owned()];
    }
    faults.into_iter().map(|(fault, shape)| format!("{fault} ({shape})")).collect()
}

/// With a second database instance, the loss of one zone leaves the other with a way out of its own.
pub(super) fn survives_a_zone(yaml: &Yaml) -> Faults {
    let mut faults = BTreeSet::new();
    let mut seen = 0;
    for (custom, function) in custom_resources(yaml) {
        for shape in shapes(yaml, &[&custom, &function]) {
            let resources = shape.resources_at_work();
            let stack = Stack { resources: &resources };
            if stack.all("AWS::RDS::DBInstance").count() < 2 {
                continue;
            }
            seen += 1;
            let zone = |subnet: &str| &resources[subnet]["Properties"]["AvailabilityZone"];
            for subnet in stack.subnets(&function) {
                for nat in stack.gateways(&subnet) {
                    let at = target(&resources[&nat]["Properties"]["SubnetId"]).unwrap();
                    if zone(&at) != zone(&subnet) {
                        faults.insert(format!("{subnet}: its way out, {nat}, is in another zone"));
                    }
                }
            }
        }
    }
    if seen == 0 {
        return vec!["there is never a second database instance".to_owned()];
    }
    faults.into_iter().collect()
}

/// Custom resources, each with the function that it calls.
fn custom_resources(yaml: &Yaml) -> Vec<(String, String)> {
    let resources = yaml.template["Resources"].as_object().unwrap().iter();
    let custom = resources.filter(|(_, resource)| {
        let kind = resource["Type"].as_str().unwrap_or_default();
        kind.starts_with("Custom::") || kind == "AWS::CloudFormation::CustomResource"
    });
    custom
        .filter_map(|(id, resource)| {
            Some((id.clone(), target(&resource["Properties"]["ServiceToken"])?))
        })
        .collect()
}

fn shapes<'a>(yaml: &'a Yaml, ids: &[&str]) -> Vec<Shape<'a>> {
    let resources = yaml.template["Resources"].as_object().unwrap();
    let around = resources.values().filter(|resource| {
        let kind = resource["Type"].as_str().unwrap_or_default();
        SURROUNDINGS.iter().any(|known| kind.starts_with(known))
    });
    let globals = &yaml.template["Globals"]["Function"];
    let own = ids.iter().map(|id| &resources[*id]);
    let parts: Vec<_> = around.chain(own).chain([globals]).collect();
    Shape::all(yaml, &parts)
}

struct Stack<'a> {
    resources: &'a Resources,
}

impl<'a> Stack<'a> {
    fn all(&self, kind: &'static str) -> impl Iterator<Item = (&'a str, &'a Value)> + use<'a> {
        let all = self.resources.iter().filter(move |(_, resource)| resource["Type"] == kind);
        all.map(|(id, resource)| (id.as_str(), &resource["Properties"]))
    }

    /// The resources of a kind that refer to one of `these` by a property.
    fn about(&self, kind: &'static str, key: &str, these: &[String]) -> Vec<(&'a str, &'a Value)> {
        let about = |own: &Value| named_by(&own[key]).iter().any(|id| these.contains(id));
        self.all(kind).filter(|(_, own)| about(own)).collect()
    }

    /// What the function needs, and those of its subnets from which nothing outside can be reached.
    fn needs(&self, function: &str, environment: &Value) -> (Needs, Vec<String>) {
        let mut needs = Needs::new();
        let subnets = self.subnets(function);
        let mut dead_ends = Vec::new();
        for subnet in &subnets {
            self.way_out(subnet, &mut needs);
            if self.gateways(subnet).is_empty() {
                dead_ends.push(subnet.clone());
            }
        }
        let networks: Vec<_> =
            subnets.iter().filter_map(|id| target(&self.properties(id)["VpcId"])).collect();
        for (id, _) in self.about("AWS::EC2::VPCEndpoint", "VpcId", &networks) {
            needs.insert(id.to_owned(), "an endpoint that takes the names of a service of AWS");
        }
        let databases = self.database(environment, &mut needs);
        self.doors(function, &databases, &mut needs);
        self.rights(function, &mut needs);
        (needs, dead_ends)
    }

    fn properties(&self, id: &str) -> &'a Value {
        self.resources.get(id).map_or(&Value::Null, |resource| &resource["Properties"])
    }

    /// The subnets of the stack that the function is in.
    fn subnets(&self, function: &str) -> Vec<String> {
        let named = named_by(&self.properties(function)["VpcConfig"]["SubnetIds"]).into_iter();
        named.filter(|id| self.resources.contains_key(id)).collect()
    }

    fn routes(&self, subnet: &str) -> Vec<(&'a str, &'a Value)> {
        let kind = "AWS::EC2::SubnetRouteTableAssociation";
        let tables = self.about(kind, "SubnetId", &[subnet.to_owned()]);
        let tables: Vec<_> =
            tables.into_iter().filter_map(|(_, way)| target(&way["RouteTableId"])).collect();
        self.about("AWS::EC2::Route", "RouteTableId", &tables)
    }

    /// The NAT gateways to which the subnet's routes to the Internet lead.
    fn gateways(&self, subnet: &str) -> Vec<String> {
        let out = self.routes(subnet).into_iter();
        out.filter(|(_, route)| route["DestinationCidrBlock"] == EVERYWHERE)
            .filter_map(|(_, route)| target(&route["NatGatewayId"]))
            .collect()
    }

    /// Everything that takes a packet from the subnet to the Internet.
    fn way_out(&self, subnet: &str, needs: &mut Needs) {
        let these = [subnet.to_owned()];
        for (id, _) in self.about("AWS::EC2::SubnetRouteTableAssociation", "SubnetId", &these) {
            needs.insert(id.to_owned(), "which gives its subnet routes");
        }
        for (id, own) in self.about("AWS::EC2::SubnetNetworkAclAssociation", "SubnetId", &these) {
            needs.insert(id.to_owned(), "which filters what leaves its subnet");
            let list: Vec<_> = target(&own["NetworkAclId"]).into_iter().collect();
            for (id, _) in self.about("AWS::EC2::NetworkAclEntry", "NetworkAclId", &list) {
                needs.insert(id.to_owned(), "which filters what leaves its subnet");
            }
        }
        for (id, route) in self.routes(subnet) {
            needs.insert(id.to_owned(), "a route of its way out");
            for gateway in named_by(route) {
                let these = [gateway.clone()];
                let attached = "AWS::EC2::VPCGatewayAttachment";
                for (id, _) in self.about(attached, "InternetGatewayId", &these) {
                    needs.insert(id.to_owned(), "which attaches the gateway of its way out");
                }
                if self
                    .resources
                    .get(&gateway)
                    .is_some_and(|it| it["Type"] == "AWS::EC2::NatGateway")
                {
                    needs.insert(gateway.clone(), "the gateway of its way out");
                    if let Some(subnet) = target(&self.properties(&gateway)["SubnetId"]) {
                        self.way_out(&subnet, needs);
                    }
                }
            }
        }
    }

    /// The instances of the clusters in the function's environment: the endpoint of a cluster is there minutes before
    /// anything listens at it. Returns the clusters and proxies.
    fn database(&self, environment: &Value, needs: &mut Needs) -> Vec<String> {
        let named: Vec<_> = named_by(environment).into_iter().collect();
        let instances = self.about("AWS::RDS::DBInstance", "DBClusterIdentifier", &named);
        for (id, _) in &instances {
            // An instance that is created after another one is a standby.
            let earlier = dependencies::of(self.resources, id);
            if !instances.iter().any(|(other, _)| earlier.contains(other)) {
                needs.insert((*id).to_owned(), "an instance of the database");
            }
        }
        for (id, _) in self.about("AWS::RDS::DBProxyTargetGroup", "DBProxyName", &named) {
            needs.insert(id.to_owned(), "which connects the proxy to the database");
        }
        for kind in
            ["AWS::SecretsManager::SecretTargetAttachment", "AWS::SecretsManager::ResourcePolicy"]
        {
            for (id, _) in self.about(kind, "SecretId", &named) {
                needs.insert(id.to_owned(), "which completes a secret");
            }
        }
        named
    }

    /// Rules of the security groups, where they are resources of their own.
    fn doors(&self, function: &str, databases: &[String], needs: &mut Needs) {
        let own: Vec<_> = named_by(&self.properties(function)["VpcConfig"]["SecurityGroupIds"])
            .into_iter()
            .collect();
        for (id, _) in self.about("AWS::EC2::SecurityGroupEgress", "GroupId", &own) {
            needs.insert(id.to_owned(), "which lets it call others");
        }
        let groups =
            databases.iter().flat_map(|id| named_by(&self.properties(id)["VpcSecurityGroupIds"]));
        let groups: Vec<_> = groups.collect();
        for (id, rule) in self.about("AWS::EC2::SecurityGroupIngress", "GroupId", &groups) {
            let from = target(&rule["SourceSecurityGroupId"]);
            if from.is_none_or(|from| own.contains(&from)) {
                needs.insert(id.to_owned(), "which lets it reach the database");
            }
        }
    }

    /// Policies of the function's role, and of its keys, that are resources of their own; its log group.
    fn rights(&self, function: &str, needs: &mut Needs) {
        let role = [format!("{function}Role"), function.to_owned()];
        for (kind, key) in [
            ("AWS::IAM::Policy", "Roles"),
            ("AWS::IAM::ManagedPolicy", "Roles"),
            ("AWS::IAM::RolePolicy", "RoleName"),
        ] {
            for (id, _) in self.about(kind, key, &role) {
                needs.insert(id.to_owned(), "which gives it rights");
            }
        }
        let group = json!({"Fn::Sub": format!("/aws/lambda/${{{function}}}")});
        for (id, own) in self.all("AWS::Logs::LogGroup") {
            let named = target(&self.properties(function)["LoggingConfig"]["LogGroup"]);
            if named.as_deref() == Some(id) || own["LogGroupName"] == group {
                needs.insert(id.to_owned(), "its log group");
            }
        }
    }
}
