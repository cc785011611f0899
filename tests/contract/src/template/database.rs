//! The database that the stack creates: network access, encryption, backups and cost.

use super::Faults;
use super::yaml::{Yaml, branches, items};
use serde_json::json;

/// Resources that cost money while idle: they are created only together with the database.
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

/// The settings that keep bind values, and the rows in error details, out of the server's log. That they do is shown in
/// [`super::server_log`].
const WITHOUT_VALUES: [(&str, &str); 3] = [
    ("log_parameter_max_length", "0"),
    ("log_parameter_max_length_on_error", "0"),
    ("log_error_verbosity", "terse"),
];

pub(super) fn is_closed(yaml: &Yaml) -> Faults {
    let mut faults = Vec::new();
    let cluster = yaml.one("AWS::RDS::DBCluster");
    for (key, value) in [
        ("StorageEncrypted", json!(true)),
        ("DeletionProtection", json!(true)),
        ("ManageMasterUserPassword", json!(true)),
        ("EnableIAMDatabaseAuthentication", json!(true)),
        ("VpcSecurityGroupIds", json!([{"Ref": "DatabaseGroup"}])),
    ] {
        if cluster[key] != value {
            faults.push(format!("Cluster: {key} is not {value}"));
        }
    }
    if cluster["BackupRetentionPeriod"].as_u64().is_none_or(|days| days < 7) {
        faults.push("Cluster: keeps backups for less than 7 days".to_owned());
    }
    if cluster["ServerlessV2ScalingConfiguration"]["MinCapacity"] != 0 {
        faults.push("Cluster: never pauses".to_owned());
    }
    if yaml.template["Resources"]["Cluster"]["DeletionPolicy"] != "Snapshot" {
        faults.push("Cluster: is deleted with the stack without a snapshot".to_owned());
    }
    let settings = &yaml.one("AWS::RDS::DBClusterParameterGroup")["Parameters"];
    if settings["rds.force_ssl"] != "1" {
        faults.push("ClusterSettings: allow connections without TLS".to_owned());
    }
    for (key, value) in WITHOUT_VALUES {
        if settings[key] != value {
            faults.push(format!("ClusterSettings: {key} is not {value}"));
        }
    }
    for (id, instance) in yaml.all("AWS::RDS::DBInstance") {
        if instance["Properties"]["PubliclyAccessible"] != false {
            faults.push(format!("{id}: is publicly accessible"));
        }
    }
    if yaml.one("AWS::RDS::DBProxy")["RequireTLS"] != true {
        faults.push("Proxy: allows connections without TLS".to_owned());
    }
    for (kind, condition) in ONLY_WITH_DATABASE
        .iter()
        .flat_map(|kind| yaml.all(kind).map(move |(_, resource)| (kind, &resource["Condition"])))
    {
        if !["NewDatabase", "WithProxy", "WithStandby"].iter().any(|known| condition == known) {
            faults.push(format!("{kind}: is created unconditionally"));
        }
    }
    faults.extend(network(yaml));
    faults
}

fn network(yaml: &Yaml) -> Faults {
    let mut faults = Vec::new();
    for rule in items(&yaml.properties("DatabaseGroup")["SecurityGroupIngress"]) {
        if rule["SourceSecurityGroupId"] != json!({"Ref": "FunctionsGroup"}) {
            faults.push("DatabaseGroup: allows ingress from others than the functions".to_owned());
        }
    }
    if yaml.properties("FunctionsGroup").get("SecurityGroupIngress").is_some() {
        faults.push("FunctionsGroup: allows ingress".to_owned());
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
            faults.push(format!("{subnet}: is a public subnet"));
        }
    }
    let inside = &yaml.template["Globals"]["Function"]["VpcConfig"]["Fn::If"];
    if inside[0] != "InVpc" || !branches(&inside[2]).is_empty() {
        faults.push("VpcConfig: has no condition".to_owned());
    }
    for (place, text) in yaml.texts().into_iter().filter(|(_, text)| text.contains("postgres://")) {
        // domain::db uses TLS for every other host, unless the URL says otherwise.
        if text.contains("sslmode") {
            faults.push(format!("{place}: sets sslmode"));
        }
    }
    faults
}
