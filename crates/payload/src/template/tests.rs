use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::*;

fn template(json: &str) -> Template {
    let template: Template = serde_json::from_str(json).unwrap();
    assert_eq!(template.mistakes(), [], "{json}");
    template
}

fn document(data: Value) -> Document {
    Document::new([("type", json!("ticket.created")), ("id", json!("evt_1")), ("data", data)])
}

fn rendered(template_json: &str, data: Value) -> Rendered {
    template(template_json).render(&document(data), Escape::None).unwrap()
}

/// What one expression gives, alone in its string.
fn gives(expression: &str, data: Value) -> Value {
    let made = template(&json!({ "a": format!("{{{{ {expression} }}}}") }).to_string())
        .render(&document(data), Escape::None)
        .unwrap_or_else(|failure| panic!("{expression}: {failure}"));
    serde_json::from_str::<Value>(&made.json).unwrap()["a"].clone()
}

fn fails(expression: &str, data: Value) -> String {
    let template = template(&json!({ "a": format!("{{{{ {expression} }}}}") }).to_string());
    template
        .render(&document(data), Escape::None)
        .map_or_else(|failure| failure.detail, |made| panic!("{}", made.json))
}

#[test]
fn members_come_in_the_order_of_the_template() {
    let made = rendered(
        r#"{"z":1,"text":"Ticket {{ data.id }}: \"{{ data.subject }}\"","b":["{{ id }}",null,true,1.50],"a":{}}"#,
        json!({"id": 7, "subject": "a \"b\"\n"}),
    );
    assert_eq!(made.json, r#"{"z":1,"text":"Ticket 7: \"a \"b\"\n\"","b":["evt_1",null,true,1.5],"a":{}}"#);
    assert_eq!(made.undefined, [""; 0]);
}

#[test]
fn a_string_that_is_one_expression_keeps_its_type() {
    let data = json!({
        "whole": 1, "float": 1.0, "max": u64::MAX, "min": i64::MIN, "odd": 9_007_199_254_740_993_u64, "tiny": 1e-300,
        "yes": true, "none": null, "text": "x", "list": [1, "a", {"b": null}], "object": {"k": [1]}
    });
    for name in data.as_object().unwrap().keys() {
        let made = rendered(&format!(r#"{{"a":"{{{{ data.{name} }}}}"}}"#), data.clone());
        assert_eq!(made.json, format!(r#"{{"a":{}}}"#, data[name]), "{name}");
    }
    assert_eq!(gives("data", data.clone()), data);
    assert_eq!(rendered(r#"" {{ data.whole }}""#, data).json, r#"" 1""#);
}

#[test]
fn within_text_nothing_is_empty_and_the_rest_is_as_in_json() {
    let data = json!({"float": 1.0, "big": 1e300, "none": null, "list": [1, "a"], "object": {"k": 1.5}, "no": false});
    let made = rendered(
        r#""{{ data.float }},{{ data.big }},{{ data.none }},{{ data.list }},{{ data.object }},{{ data.no }}.""#,
        data,
    );
    assert_eq!(
        serde_json::from_str::<String>(&made.json).unwrap(),
        r#"1.0,1e+300,,[1,"a"],{"k":1.5},false."#
    );
    assert_eq!(made.undefined, [""; 0], "null is there");
}

#[test]
fn each_filter_does_what_its_name_says() {
    let data = json!({
        "name": " ada Lovelace ", "amount": 1234.5, "at": "2026-01-05T09:30:00Z", "n": -2.567, "null": null,
        "items": [{"sku": "b", "n": 2, "ok": true}, {"sku": "a", "n": 1}, {"sku": "c", "n": 3, "ok": false}],
        "tags": ["x", "y"], "html": "<!channel> & co"
    });
    for (expression, expected) in [
        ("data.name | trim | upper", json!("ADA LOVELACE")),
        ("data.name | lower | trim", json!("ada lovelace")),
        ("data.name | trim | title", json!("Ada Lovelace")),
        ("'--a--' | trim('-')", json!("a")),
        ("data.name | replace(' ', '')", json!("adaLovelace")),
        ("data.tags | join(', ')", json!("x, y")),
        ("[1, 2.0, none, 'a', [1]] | join('-')", json!("1-2.0--a-[1]")),
        ("data.items | join('/', attribute='sku')", json!("b/a/c")),
        ("data.items | map(attribute='sku') | sort | join", json!("abc")),
        ("data.items | sort(attribute='n', reverse=true) | map(attribute='n')", json!([3, 2, 1])),
        ("data.tags | map('upper') | join", json!("XY")),
        ("data.items | selectattr('ok') | map(attribute='sku') | first", json!("b")),
        ("data.items | selectattr('n', 'ge', 2) | length", json!(2)),
        ("data.items | map(attribute='ok', default='?') | last", json!(false)),
        ("data.name | length", json!(14)),
        ("data.tags | last", json!("y")),
        ("'abc' | last ~ 'abc' | first", json!("ca")),
        ("data.n | abs | round(1)", json!(2.6)),
        ("data.n | round", json!(-3.0)),
        ("data.amount | currency('EUR')", json!("EUR 1,234.50")),
        ("1250 | currency('USD', minor=true)", json!("USD 12.50")),
        ("data.at | date('%d %b %Y')", json!("05 Jan 2026")),
        ("data.at | date", json!("2026-01-05")),
        ("data.tags | tojson", json!(r#"["x","y"]"#)),
        ("data.html | slack_escape", json!("&lt;!channel&gt; &amp; co")),
        ("data.html | slack_escape | slack_escape", json!("&lt;!channel&gt; &amp; co")),
        ("data.null | default('d')", json!("d")),
        ("data.missing | default('d')", json!("d")),
        ("data.missing.deep.down | default(data.tags)", json!(["x", "y"])),
        ("data.missing | upper | trim | default('d')", json!("d")),
        ("'' | default('d')", json!("")),
        ("'' | default('d', true)", json!("d")),
        ("data.null | upper", json!(null)),
        ("data.amount * 2 + 1", json!(2470.0)),
        ("18446744073709551615 + 1", json!(18_446_744_073_709_551_616.0)),
        ("'big' if data.amount > 1000 else 'small'", json!("big")),
        ("'x' if false", json!(null)),
        ("data.tags[0] ~ data.tags[-1] ~ data['name'][1:4]", json!("xyada")),
        ("'x' in data.tags and 'name' in data and 'no' not in data", json!(true)),
        ("data.missing is defined or data.name is string", json!(true)),
    ] {
        assert_eq!(gives(expression, data.clone()), expected, "{expression}");
        let source = json!({ "a": format!("{{{{ {expression} }}}}") });
        let mistakes = Template::of(source).mistakes_with(&document(data.clone()), Escape::None);
        assert_eq!(mistakes, [], "{expression}");
    }
}

#[test]
fn a_missing_member_is_null_and_listed_unless_default_stands_for_it() {
    let source = r#"{"a":"{{ data.a }}","b":"<{{ data.b }}{{ data.c.d }}>","c":"{{ data.x | default('y') }}","d":"{{ foo.bar | upper }}",
        "e":"{{ data.n + 1 }}","f":"{{ data.list[5] }}","g":"{{ data.list | map(attribute='z') | join }}","h":"{{ data.l2 | first }}",
        "i":"{{ data['no'] ~ 'x' }}"}"#;
    let made = rendered(source, json!({"list": [{}], "l2": []}));
    assert_eq!(
        made.json,
        r#"{"a":null,"b":"<>","c":"y","d":null,"e":null,"f":null,"g":"","h":null,"i":"x"}"#
    );
    assert_eq!(made.undefined, ["/a", "/b", "/d", "/e", "/f", "/g", "/h", "/i"]);
    let mistakes = template(source).mistakes_with(&document(json!({"list": [{}], "l2": []})), Escape::None);
    assert_eq!(mistakes.len(), 9, "{mistakes:?}");
    assert_eq!(mistakes[0].pointer, "/a");
    assert!(mistakes[0].detail.contains("reads a, which this example lacks"), "{}", mistakes[0].detail);
}

#[test]
fn a_filter_of_another_value_forgives_only_its_own() {
    for (expression, listed) in [
        ("data.a ~ (data.b | default('x'))", true),
        ("(data.a | default('x')) ~ data.b", true),
        ("(data.a | default('x')) ~ (data.b | default('y'))", false),
        ("data.a | default(data.b)", true),
        ("data.a is defined and data.a", false),
        ("'z' in data", false),
    ] {
        let source = json!(format!("{{{{ {expression} }}}}"));
        let made = Template::of(source).render(&document(json!({})), Escape::None).unwrap();
        assert_eq!(!made.undefined.is_empty(), listed, "{expression}");
    }
}

#[test]
fn each_mistake_of_a_template_says_where_and_what_to_write() {
    for (source, pointer, detail) in [
        (json!({"a": ["x", "{{ data.a"]}), "/a/1", "must close its expression"),
        (json!({"a/b": "{{ data.a | uper }}"}), "/a~1b", "did you mean upper?"),
        (json!("{{ range(10) }}"), "", "no loops"),
        (json!("{% if x %}"), "", "must not hold a statement"),
        (json!("{{ data. }}"), "", "must be an expression of Jinja"),
        (json!("{{ data.a data.b }}"), "", "must be an expression of Jinja"),
        (json!({"{{ data.a }}": 1}), "/{{ data.a }}", "only values are rendered"),
        (json!({"n": 1e30}), "/n", "write it as a text"),
    ] {
        let mistakes = Template::of(source.clone()).mistakes();
        let [mistake] = mistakes.as_slice() else { panic!("{source}: {mistakes:?}") };
        assert_eq!(mistake.pointer, pointer, "{source}");
        assert!(mistake.detail.contains(detail), "{source}: {}", mistake.detail);
        let failure = Template::of(source).render(&document(json!({})), Escape::None).unwrap_err();
        assert_eq!((failure.pointer, failure.detail), (mistake.pointer.clone(), mistake.detail.clone()));
    }
}

#[test]
fn bounds_are_kept() {
    let mistakes = |source: Value| Template::of(source).mistakes().len();
    assert_eq!(mistakes(json!(vec!["{{ id }}"; 100])), 0);
    assert_eq!(mistakes(json!(vec!["{{ id }}"; 101])), 1);
    assert_eq!(mistakes(json!("x".repeat(65_000))), 0);
    assert_eq!(mistakes(json!("x".repeat(66_000))), 1);
    let nested = |depth: usize| (0..depth).fold(json!(1), |inner, _| json!([inner]));
    assert_eq!(mistakes(nested(32)), 0);
    assert_eq!(mistakes(nested(33)), 1);
    let large = document(json!("x".repeat(200_000)));
    assert!(Template::of(json!("{{ data }}")).render(&large, Escape::None).is_ok());
    let twice = Template::of(json!(["{{ data }}", "{{ data }}"]));
    let failure = twice.render(&large, Escape::None).unwrap_err();
    assert_eq!((failure.pointer.as_str(), failure.detail.as_str()), ("/1", "makes more than 256 KiB"));
    assert_eq!(twice.mistakes_with(&large, Escape::None).len(), 1);
}

#[test]
fn slack_texts_are_escaped_once() {
    let source = r#"{"text":"<b> {{ data.a }} {{ data.a | slack_escape }} {{ data.a | upper }}","exact":"{{ data.a }}",
        "list":"{{ data.l }}","mixed":"{{ (data.a | slack_escape) ~ data.a }}"}"#;
    let data = json!({"a": "<!channel>&", "l": ["<@U1>", 1, ["<"]]});
    let made = template(source).render(&document(data), Escape::Slack).unwrap();
    let json: Value = serde_json::from_str(&made.json).unwrap();
    assert_eq!(json["text"], json!("<b> &lt;!channel&gt;&amp; &lt;!channel&gt;&amp; &lt;!CHANNEL&gt;&amp;"));
    assert_eq!(json["exact"], json!("&lt;!channel&gt;&amp;"));
    assert_eq!(json["list"], json!(["&lt;@U1&gt;", 1, ["&lt;"]]));
    assert!(!json["mixed"].as_str().unwrap().contains('<'), "{json}");
}

#[test]
fn expressions_that_do_too_much_end_soon_and_small() {
    let data = json!({
        "text": "x".repeat(200_000), "list": vec![1; 2_000], "texts": vec!["y".repeat(100); 1_000], "one": [1], "null": [null],
        "long": ["z".repeat(200_000)], "deep": vec![vec![1; 100]; 100],
    });
    for expression in [
        "'x' * 1000000000",
        "'x' * 100000 * 100000",
        "data.text * 1000",
        "(data.list * 40000) | join",
        "(data.list * 40000) | last",
        "(data.list * 40000) | sort",
        "(data.list * 40000) | map('upper') | join",
        "data.list * 40000",
        "(data.list * 40000) | tojson",
        "(data.list * 40000) == (data.list * 40000)",
        "(data.null | map('default', data.list * 40000)) == (data.null | map('default', data.list * 40000) | sort)",
        "(data.null | map('default', data.one * 90000000)) < (data.null | map('default', data.one * 90000000))",
        "(data.null | map('default', data.null * 9000 | map('default', data.one * 9000))) == (data.null | map('default', data.null * 9000 | map('default', data.one * 9000)))",
        "(data.long * 90000000) == (data.long * 90000000)",
        "(data.deep * 900000 + data.deep * 900000) == (data.deep * 900000 + data.deep * 900000)",
        "(data.deep * 900000) in data.deep",
        "(data.one * 90000000) | length",
        "(data.one * 90000000) ~ ''",
        "(data.deep | sort | sort | sort | sort)",
        "(data.list * 40000)[79999999]",
        "[data.deep, data.deep] | sort | map('join') | join",
        "9 in (data.list * 40000)",
        "data.text | replace('x', 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx')",
        "data.text | replace('', data.text)",
        "data.texts | join(data.text)",
        "data.texts | map('replace', 'y', data.text) | join",
        "data.text ~ data.text ~ data.text ~ data.text",
        "(data.text ~ data.text) | upper | lower | upper",
        "10 ** 100000",
        "9 ** 9 ** 9 ** 9",
        "1e308 * 10",
        "data.text | trim(data.text)",
        "data.text | date",
        "'2026-01-05' | date(data.text)",
        "data.text | currency('EUR')",
        "1 | currency(data.text)",
        "1.5 | round(2147483647)",
        "1 // 0",
        "1 / 0",
        "(data.list * 40000) | sort | first",
        "((data.list * 40000) ~ 'x') | length",
    ] {
        // Without its bound an expression here takes minutes; a busy machine may need seconds.
        let began = Instant::now();
        let source = json!({ "a": format!("{{{{ {expression} }}}}") });
        let result = Template::of(source).render(&document(data.clone()), Escape::None);
        let took = began.elapsed();
        assert!(took < Duration::from_secs(20), "{expression}: {took:?}");
        if let Ok(made) = result {
            assert!(made.json.len() < 50_000, "{expression}: {}", made.json.len());
        }
    }
}

#[test]
fn deep_expressions_do_not_overflow_the_stack() {
    let small_stack = std::thread::Builder::new().stack_size(512 * 1024).spawn(|| {
        for (open, inner, close) in [
            ("(", "1", ")"),
            ("[", "1", "]"),
            ("-", "1", ""),
            ("not ", "1", ""),
            ("{'a':", "1", "}"),
            ("1 if ", "1", ""),
            ("", "1", "+1"),
            ("", "data", ".a"),
            ("", "data", "[0]"),
            ("", "1", "|abs"),
            ("data[", "0", "]"),
            ("1 or ", "1", ""),
            ("", "1", "**1"),
            ("1 ~ ", "1", ""),
            ("0 in ", "1", ""),
            ("", "1", " is none"),
        ] {
            for repeated in [10, 60, 100, 140, 160, 240, 480] {
                let expression = format!("{}{inner}{}", open.repeat(repeated), close.repeat(repeated));
                let template = Template::of(json!({ "a": format!("{{{{ {expression} }}}}") }));
                if template.mistakes().is_empty() {
                    drop(template.render(&document(json!({})), Escape::None));
                }
            }
        }
    });
    small_stack.unwrap().join().unwrap();
}

#[test]
fn a_failing_expression_says_why() {
    assert!(
        fails("data.a + 1", json!({"a": "x"})).contains("+"),
        "{}",
        fails("data.a + 1", json!({"a": "x"}))
    );
    assert!(fails("data.a | date", json!({"a": "x"})).contains("no instant"));
    assert!(fails("'x' * 1000000000", json!({})).contains("makes too much"));
    assert!(fails("1e308 * 10", json!({})).contains("a number that JSON cannot hold"));
}
