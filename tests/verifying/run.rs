
// Judges the cases on standard input; appended to the sample, see README.md.
fn main() {
    let input = std::io::read_to_string(std::io::stdin()).unwrap();
    let mut remembered = std::collections::HashSet::new();
    for line in input.split('\n').filter(|line| !line.is_empty()) {
        let fields: Vec<&str> = line.split('\t').collect();
        let (now, path, secret) = (fields[1].parse().unwrap(), fields[2], fields[3]);
        let body = STANDARD.decode(fields[4]).unwrap();
        let pairs = fields[5..].iter().map(|field| field.split_once('=').unwrap());
        let headers: HashMap<String, String> =
            pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let seen = |id: &str| !remembered.insert(id.to_owned());
        let answer = match fields[0] {
            "standard" => verify_standard(&headers, &body, secret, seen, now),
            "body" => verify_body(&headers, &body, secret, seen),
            "covered" => verify_covered(&headers, &body, path, secret, seen, now),
            profile => panic!("unknown profile {profile}"),
        };
        println!("{}", if answer.is_ok() { "ok" } else { "refused" });
    }
}
