use crate::{Folder, until};
use serde_json::json;
use stack::{
    BackingServices, Gateway, Options, Template,
    gateway::{self, Listener},
    postgres::Location,
};
use std::path::Path;

const TEMPLATE: &str = "
Resources:
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/echo-function
      Timeout: 10
      Events:
        Mail:
          Type: SQS
          Properties:
            Queue: !GetAtt MailQueue.Arn
            BatchSize: 10
            FunctionResponseTypes: [ReportBatchItemFailures]
            ScalingConfig: {MaximumConcurrency: 2}
  MailQueue:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: 1
      RedrivePolicy: {deadLetterTargetArn: !GetAtt MailDeadLetters.Arn, maxReceiveCount: 2}
  MailDeadLetters:
    Type: AWS::SQS::Queue
";

fn options(folder: &Path, database: Location) -> Options {
    Options {
        database,
        sender: "shop@example.com".to_owned(),
        log_folder: Some(folder.to_path_buf()),
        progress: stack::Progress::silent(),
    }
}

#[tokio::test]
async fn a_poisoned_message_ends_among_the_dead_letters_and_its_neighbours_are_done() {
    let folder = Folder::new();
    let template = Template::parse(TEMPLATE).unwrap();
    let shared = stack::Postgres::shared().await.unwrap();
    let database = Location::Existing(shared.url("postgres"));
    let services = BackingServices::start(&template, &options(&folder.0, database)).await.unwrap();
    let aws = &services.aws;
    for body in ["first", "poison", "third"] {
        aws.send("MailQueue", body).await.unwrap();
    }

    let binary = Path::new(env!("CARGO_BIN_EXE_echo-function"));
    let options = gateway::Options::new(binary.parent().unwrap(), services.log_folder());
    let gateway =
        Gateway::start(Listener::bind(None).unwrap(), &template, Some(aws), &options).unwrap();

    until("the queue is empty", async || aws.messages("MailQueue").await.unwrap().is_empty()).await;
    let dead = aws.messages("MailDeadLetters").await.unwrap();
    let bodies: Vec<&str> = dead.iter().map(|message| message.body.as_str()).collect();
    assert_eq!(bodies, ["poison"]);
    drop(gateway);
}

#[tokio::test]
async fn a_mail_of_the_verified_sender_can_be_read() {
    let folder = Folder::new();
    let template = Template::parse("Resources: {}").unwrap();
    let shared = stack::Postgres::shared().await.unwrap();
    let database = Location::Existing(shared.url("postgres"));
    let services = BackingServices::start(&template, &options(&folder.0, database)).await.unwrap();
    let mail = |from: &str| {
        json!({
            "FromEmailAddress": from,
            "Destination": {"ToAddresses": ["ada@example.com"]},
            "Content": {"Simple": {
                "Subject": {"Data": "Your order"},
                "Body": {"Text": {"Data": "thanks"}, "Html": {"Data": "<p>thanks</p>"}},
            }},
        })
    };
    let send = async |from: &str| {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = client.post(format!("{}/v2/email/outbound-emails", services.aws.endpoint()));
        let key = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/ses/aws4_request, SignedHeaders=host, Signature=0";
        request.header("authorization", key).json(&mail(from)).send().await.unwrap().status()
    };

    let (known, stranger) =
        (send("Shop <shop@example.com>").await, send("stranger@example.com").await);

    assert_eq!((known.as_u16(), stranger.as_u16()), (200, 400));
    let mails = services.aws.mails().await.unwrap();
    assert_eq!(mails.len(), 1);
    assert_eq!(
        (mails[0].to[0].as_str(), mails[0].subject.as_str()),
        ("ada@example.com", "Your order")
    );
    assert_eq!(
        (mails[0].text.as_deref(), mails[0].html.as_deref()),
        (Some("thanks"), Some("<p>thanks</p>"))
    );
}
