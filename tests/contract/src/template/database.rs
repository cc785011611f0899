//! The database of the stack's own: who reaches it, and what happens to the data.

use super::Complaints;
use super::yaml::{Yaml, branches, items};
use serde_json::json;

/// What exists only with a database of the stack's own. It costs money while it stands still.
const ONLY_WITH_DATABASE: [&str; 8] = [
    "AWS::EC2::VPC",
    "AWS::EC2::NatGateway",
    "AWS::EC2::EIP",
    "AWS::EC2::Subnet",
    "AWS::EC2::SecurityGroup",
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
    "AWS::RDS::DBProxy",
];

pub(super) fn is_closed(yaml: &Yaml) -> Complaints {
    let mut complaints = Vec::new();
    let cluster = yaml.one("AWS::RDS::DBCluster");
    for (key, value) in [
        ("StorageEncrypted", json!(true)),
        ("DeletionProtection", json!(true)),
        ("ManageMasterUserPassword", json!(true)),
        ("EnableIAMDatabaseAuthentication", json!(true)),
        ("VpcSecurityGroupIds", json!([{"Ref": "DatabaseGroup"}])),
    ] {
        if cluster[key] != value {
            complaints.push(format!("Cluster: {key} is not {value}"));
        }
    }
    if cluster["BackupRetentionPeriod"].as_u64().is_none_or(|days| days < 7) {
        complaints.push("Cluster: yesterday's backup is the last".to_owned());
    }
    if cluster["ServerlessV2ScalingConfiguration"]["MinCapacity"] != 0 {
        complaints.push("Cluster: never pauses".to_owned());
    }
    if yaml.template["Resources"]["Cluster"]["DeletionPolicy"] != "Snapshot" {
        complaints.push("Cluster: goes with the stack".to_owned());
    }
    let settings = &yaml.one("AWS::RDS::DBClusterParameterGroup")["Parameters"];
    if settings["rds.force_ssl"] != "1" {
        complaints.push("ClusterSettings: plain connections".to_owned());
    }
    for (id, instance) in yaml.all("AWS::RDS::DBInstance") {
        if instance["Properties"]["PubliclyAccessible"] != false {
            complaints.push(format!("{id}: is open to the world"));
        }
    }
    if yaml.one("AWS::RDS::DBProxy")["RequireTLS"] != true {
        complaints.push("Proxy: plain connections".to_owned());
    }
    for (kind, condition) in ONLY_WITH_DATABASE
        .iter()
        .flat_map(|kind| yaml.all(kind).map(move |(_, resource)| (kind, &resource["Condition"])))
    {
        if !["NewDatabase", "WithProxy", "WithStandby"].iter().any(|known| condition == known) {
            complaints.push(format!("{kind}: costs money without being asked for"));
        }
    }
    complaints.extend(network(yaml));
    complaints
}

fn network(yaml: &Yaml) -> Complaints {
    let mut complaints = Vec::new();
    for rule in items(&yaml.properties("DatabaseGroup")["SecurityGroupIngress"]) {
        if rule["SourceSecurityGroupId"] != json!({"Ref": "FunctionsGroup"}) {
            complaints.push("DatabaseGroup: lets others in".to_owned());
        }
    }
    if yaml.properties("FunctionsGroup").get("SecurityGroupIngress").is_some() {
        complaints.push("FunctionsGroup: lets somebody in".to_owned());
    }
    let private = items(&yaml.properties("DatabaseSubnets")["SubnetIds"]);
    let public: Vec<_> = yaml
        .all("AWS::EC2::Route")
        .filter(|(_, route)| route["Properties"].get("GatewayId").is_some())
        .map(|(_, route)| &route["Properties"]["RouteTableId"])
        .collect();
    let routed: Vec<_> = yaml
        .all("AWS::EC2::SubnetRouteTableAssociation")
        .map(|(_, way)| (&way["Properties"]["SubnetId"], &way["Properties"]["RouteTableId"]))
        .collect();
    for subnet in private {
        let table = routed.iter().find(|(known, _)| *known == subnet);
        if table.is_none_or(|(_, table)| public.contains(table)) {
            complaints.push(format!("{subnet}: is a public subnet"));
        }
    }
    let inside = &yaml.template["Globals"]["Function"]["VpcConfig"]["Fn::If"];
    if inside[0] != "InVpc" || !branches(&inside[2]).is_empty() {
        complaints.push("VpcConfig: has no condition".to_owned());
    }
    for (place, text) in yaml.texts().into_iter().filter(|(_, text)| text.contains("postgres://")) {
        // Whatever is not on this machine is spoken to behind TLS, unless the address says otherwise.
        if text.contains("sslmode") {
            complaints.push(format!("{place}: has its own mind about TLS"));
        }
    }
    complaints
}
