//! Which text is the ARN of an SNS topic?
//! `arn:PARTITION:sns:REGION:ACCOUNT:NAME`, for a source's settings and for the messages that come to it alike.

/// The partitions of AWS, each with what its regions begin with. The regions of `aws` begin with none of the others'.
const PARTITIONS: [(&str, &str); 6] = [
    ("aws", ""),
    ("aws-cn", "cn-"),
    ("aws-us-gov", "us-gov-"),
    ("aws-eusc", "eusc-"),
    ("aws-iso", "us-iso-"),
    ("aws-iso-b", "us-isob-"),
];
/// Longest name of a topic, in characters.
const MAX_NAME_CHARS: usize = 256;

/// The ARN of a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TopicArn<'a> {
    text: &'a str,
    region: &'a str,
}

impl<'a> TopicArn<'a> {
    /// Reads an ARN; `None` if the text is no ARN of a topic.
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.split(':');
        let mut next = || parts.next().unwrap_or_default();
        let [arn, partition, service, region, account, name] = [(); 6].map(|()| next());
        let is_good = parts.next().is_none()
            && (arn, service) == ("arn", "sns")
            && is_region_of(partition, region)
            && account.len() == 12
            && account.bytes().all(|byte| byte.is_ascii_digit())
            && is_name(name);
        is_good.then_some(Self { text, region })
    }

    /// The whole text.
    pub fn as_str(self) -> &'a str {
        self.text
    }

    /// Its region, such as `eu-central-1`: never a text that could be part of another host.
    pub fn region(self) -> &'a str {
        self.region
    }
}

fn is_region_of(partition: &str, region: &str) -> bool {
    // The last that fits: what `aws` has fits every region.
    let found = PARTITIONS.iter().rfind(|(_, start)| region.starts_with(start));
    is_region(region) && found.is_some_and(|(found, _)| *found == partition)
}

/// `eu-central-1`, `us-gov-west-1`: not `s3-eu-central-1`, below which everybody may have a host.
fn is_region(text: &str) -> bool {
    let Some((words, number)) = text.rsplit_once('-') else { return false };
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
    words.contains('-')
        && words.split('-').all(is_word)
        && (1..=2).contains(&number.len())
        && number.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_name(text: &str) -> bool {
    let name = text.strip_suffix(".fifo").unwrap_or(text);
    let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    !name.is_empty() && text.len() <= MAX_NAME_CHARS && name.bytes().all(is_legal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic(partition: &str, region: &str, name: &str) -> String {
        format!("arn:{partition}:sns:{region}:123456789012:{name}")
    }

    #[test]
    fn topics_of_every_partition_are_read() {
        for (partition, region) in [
            ("aws", "eu-central-1"),
            ("aws", "us-east-1"),
            ("aws-cn", "cn-north-1"),
            ("aws-us-gov", "us-gov-west-1"),
            ("aws-eusc", "eusc-de-east-1"),
            ("aws-iso", "us-iso-east-1"),
            ("aws-iso-b", "us-isob-east-1"),
        ] {
            for name in
                ["a", "ses-Events_2", "a.fifo", &"a".repeat(256), &format!("{}.fifo", "a".repeat(251))]
            {
                let text = topic(partition, region, name);
                let topic = TopicArn::parse(&text).map(|topic| (topic.as_str(), topic.region()));
                assert_eq!(topic, Some((text.as_str(), region)), "{text}");
            }
        }
    }

    #[test]
    fn other_texts_are_not() {
        let mut bad = [
            "",
            "arn:aws:sqs:eu-central-1:123456789012:queue",
            "arn:aws:sns:eu-central-1:12345:a",
            "arn:aws:sns:eu-central-1:12345678901a:a",
            "arn:aws:sns:eu-central-1:123456789012",
            "arn:aws:sns:eu-central-1:123456789012:a:subscription",
            " arn:aws:sns:eu-central-1:123456789012:a",
        ]
        .map(str::to_owned)
        .to_vec();
        for region in [
            "",
            "central",
            "eu-1",
            "-1",
            "eu--1",
            "s3-eu-central-1",
            "evil.example/",
            "eu-central-1a",
            "EU-central-1",
        ] {
            bad.push(topic("aws", region, "a"));
        }
        for (partition, region) in [
            ("aws", "cn-north-1"),
            ("aws-cn", "eu-central-1"),
            ("awsome", "eu-central-1"),
            ("aws-", "eu-central-1"),
            ("aws", "us-isob-east-1"),
        ] {
            bad.push(topic(partition, region, "a"));
        }
        for name in ["", ".fifo", "a.b", "a.fifo.fifo", "a b", "a\n", "\u{e9}", &"a".repeat(257)] {
            bad.push(topic("aws", "eu-central-1", name));
        }
        for bad in bad {
            assert_eq!(TopicArn::parse(&bad), None, "{bad}");
        }
    }
}
