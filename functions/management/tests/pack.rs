//! Do the console's packs keep what its modules say?
//! Laws of the module bundler and of the stripper: about the files that are shipped, and about any text.

#[path = "../build/lexer.rs"]
mod lexer;
#[path = "../build/module.rs"]
mod module;
#[path = "../build/pack.rs"]
mod pack;
#[path = "../build/style.rs"]
mod style;

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use lexer::{Gap, Kind, Token, tokens, written};
use proptest::prelude::*;

const CONSOLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../console");

/// What a pack may take, gzipped: a page is one pack and its style sheet, 50 KB together.
const MOST: usize = 46_000;
/// What the first page's scripts and styles may take. All of it may take 200 KB.
const MOST_AT_FIRST: usize = 120_000;

#[expect(clippy::unwrap_used, reason = "a helper of tests")]
fn shipped() -> BTreeMap<String, String> {
    pack::packs(&|path| Ok(std::fs::read_to_string(Path::new(CONSOLE).join(path))?)).unwrap()
}

/// The paths of the console's files that end so, without tests, types and what only developers see.
#[expect(clippy::unwrap_used, reason = "a helper of tests")]
fn files(end: &str) -> Vec<String> {
    let mut folders = vec![PathBuf::from(CONSOLE)];
    let mut paths = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("node_modules") {
                folders.push(path);
            } else {
                paths.push(path.strip_prefix(CONSOLE).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    paths.retain(|path| path.ends_with(end) && !path.ends_with(".test.js") && !path.contains("/dev_"));
    paths.sort();
    paths
}

#[expect(clippy::unwrap_used, reason = "a helper of tests")]
fn gzipped(text: &str) -> usize {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(text.as_bytes()).unwrap();
    gzip.finish().unwrap().len()
}

/// The packs of a console with these files.
fn packed(files: &[(&str, &str)]) -> Result<BTreeMap<String, String>, Box<dyn Error>> {
    let files: BTreeMap<_, _> = files.iter().copied().collect();
    pack::packs(&|path| Ok((*files.get(path).ok_or("there is no such file")?).to_owned()))
}

/// The modules that a pack declares, imports from `main.js`, runs, and takes of the packs that it loads.
#[derive(Default)]
struct Names {
    declared: Vec<String>,
    imported: BTreeSet<String>,
    run: BTreeSet<String>,
    /// The path of a pack, and the module.
    taken: BTreeSet<(String, String)>,
}

#[expect(clippy::unwrap_used, reason = "a helper of tests")]
fn names(pack: &str, text: &str) -> Names {
    let tokens = tokens(text).unwrap();
    let mut names = Names::default();
    for (place, token) in tokens.iter().enumerate() {
        let at = |ahead: usize| tokens.get(place + ahead).map_or("", |token| token.text);
        let is = |texts: &[&str]| texts.iter().zip(1..).all(|(text, ahead)| at(ahead) == *text);
        if token.text == "const" && at(3) == "$once" && token.depth == 0 {
            names.declared.push(at(1).to_owned());
        } else if token.text == "import" && at(1) == "{" && token.depth == 0 {
            let inside = (2..).map(at).take_while(|text| *text != "}").filter(|text| *text != ",");
            names.imported.extend(inside.map(str::to_owned));
        } else if token.text == "await" && at(1).starts_with('$') && at(2) == "(" && at(3) == ")" {
            names.run.insert(at(1).to_owned());
        } else if token.text == "import" && is(&["("]) && at(3) == ")" && at(4) == "." && at(5) == "then" {
            let target = module::joined(pack, at(2).trim_matches('\''));
            names.taken.insert((target, at(14).to_owned()));
        }
    }
    names
}

#[test]
fn each_module_is_in_exactly_one_pack_so_its_state_is_there_once() {
    let mut found = BTreeMap::new();
    for (pack, text) in shipped() {
        for name in names(&pack, &text).declared {
            let other = found.insert(name.clone(), pack.clone());
            assert_eq!(other, None, "{name} is also in {pack}");
        }
    }
    // `vendor/make` reads entry.js. A module that nothing imports would not be shipped: delete it.
    let modules = files(".js").into_iter().filter(|path| path != "vendor/entry.js");
    let expected: BTreeSet<String> = modules.map(|path| module::name_of(&path)).collect();
    assert_eq!(found.into_keys().collect::<BTreeSet<_>>(), expected);
}

#[test]
fn what_a_pack_runs_is_in_it_or_in_the_pack_that_it_names() {
    let shipped = shipped();
    let names: BTreeMap<_, _> =
        shipped.iter().map(|(pack, text)| (pack.as_str(), names(pack, text))).collect();
    let mut taken = 0;
    for (pack, of) in &names {
        for name in &of.run {
            assert!(of.declared.contains(name) != of.imported.contains(name), "{pack} runs {name}");
        }
        assert!(of.imported.iter().all(|name| names["main.js"].declared.contains(name)), "{pack}");
        assert!(*pack != "main.js" || of.imported.is_empty(), "main.js waits for nothing");
        for (target, name) in &of.taken {
            assert!(names[target.as_str()].declared.contains(name), "{pack} takes {name} of {target}");
            taken += 1;
        }
    }
    assert!(taken > 30, "each page outside of main.js is taken from a pack, not only {taken}");
}

#[test]
fn the_budget_of_pages_is_kept() {
    let shipped = shipped();
    for (pack, text) in shipped.iter().filter(|(pack, _)| *pack != "main.js") {
        assert!(gzipped(text) <= MOST, "{pack} takes {} bytes: part it in build/pack.rs", gzipped(text));
    }
    let sheet = std::fs::read_to_string(Path::new(CONSOLE).join("style.css")).unwrap();
    let first = gzipped(&shipped["main.js"]) + gzipped(&style::stripped(&sheet).unwrap());
    assert!(first <= MOST_AT_FIRST, "the first page takes {first} bytes");
}

/// `console/check` lets Node.js check them: it knows the whole language, and whether a module exports what it did.
#[test]
fn the_packs_are_there_for_node_to_check() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("console");
    if folder.exists() {
        std::fs::remove_dir_all(&folder).unwrap();
    }
    std::fs::create_dir_all(folder.join("packs")).unwrap();
    for (pack, text) in shipped() {
        std::fs::write(folder.join(pack), text).unwrap();
    }
    std::fs::write(folder.join("package.json"), "{ \"type\": \"module\" }\n").unwrap();
}

#[test]
fn packed_modules_keep_their_tokens() {
    for path in files(".js") {
        let text = std::fs::read_to_string(Path::new(CONSOLE).join(&path)).unwrap();
        let before = tokens(&text).unwrap();
        let stripped = written(&before);
        assert_eq!(tokens(&stripped).unwrap(), before, "{path}");
        assert!(stripped.len() <= text.len(), "{path}");
    }
}

#[test]
fn a_module_becomes_a_function_that_runs_once() {
    let packs = packed(&[
        ("main.js", "import { go } from './shell.js';\nimport './side.js';\nconst load = () => import('./rules/part.js');\ngo(load); // starts\n"),
        ("shell.js", "export * from './go.js';\n"),
        ("go.js", "/** Goes. */\nexport async function go(load) {\n  (await load()).default();\n}\n"),
        ("side.js", "new URL('a.css', import.meta.url);\n"),
        ("rules/part.js", "import { go as started } from '../shell.js';\nimport * as count from './count.js';\nimport { side } from '../shared.js';\nexport default function Part() { return [started, count, side]; }\nexport const other = () => import('../pages/key.js');\n"),
        ("rules/count.js", "const n = { of: 0 };\nexport { n as number };\n"),
        ("shared.js", "export const side = new Map();\n"),
        ("pages/key.js", "import { side } from '../shared.js';\nexport default class Key {}\nexport const a = side, again = () => import('../rules/part.js');\n"),
    ])
    .unwrap();
    let once = "const $once = (run) => { let done; return () => done ??= run(); };\n";
    let rules = format!(
        "import {{ $shared, $shell }} from '../main.js';\n{once}\
         const $rules_count = $once(async () => {{\nconst n = {{ of: 0 }};\nreturn {{ number: n }};\n}});\n\
         const $rules_part = $once(async () => {{\nconst {{ go: started }} = await $shell();\n\
         const count = await $rules_count();\nconst {{ side }} = await $shared();\n\n\
         function Part() {{ return [started, count, side]; }}\n\
         const other = () => import('../packs/manage.js').then((pack) => pack.$pages_key());\n\
         return {{ default: Part, other }};\n}});\n\
         export {{ $rules_count, $rules_part }};\n"
    );
    assert_eq!(packs["packs/rules.js"], rules);
    assert!(packs["main.js"].contains("\nnew URL('a.css', new URL('./side.js', import.meta.url).href);\n"));
    assert!(packs["main.js"].contains("return { ...await $go() };"));
    // Both packs import it, so it is in the one that both have.
    assert!(packs["main.js"].contains("const $shared = $once(async () => {\nconst side = new Map();"));
    assert!(packs["main.js"].ends_with("$main();\nexport { $go, $shell, $side, $main, $shared };\n"));
}

#[test]
fn what_would_break_in_the_browser_breaks_the_build() {
    let one = |text: &str| packed(&[("main.js", text), ("a.js", "export const a = 1;\n")]);
    one("import { a } from './a.js';\nimport * as all from './a.js';\nexport {};\n").unwrap();
    for (text, why) in [
        ("import { b } from './a.js';", "main.js imports b, which a.js does not export"),
        ("import { a } from './b.js';", "b.js: there is no such file"),
        ("import a from './a.js';", "`a` where `*` should be"),
        ("import { a } from 'a';", "'a' is no path of a module"),
        ("const load = (name) => import(`./${name}.js`);", "is no path of a module"),
        ("import.meta.resolve('./a.js');", "`resolve` where `url` should be"),
        ("export let a = 1;", "`export let …` is not what can be packed"),
        ("export default () => 1;", "is not what can be packed"),
        ("export default function () {}", "is not what can be packed"),
        ("export const { a } = {};", "is not what can be packed"),
        ("export { a } from './a.js';", "`export { … }` goes on"),
        ("export * from './a.js';\nexport const a = 2;", "main.js exports a twice"),
        ("import { a } from './a.js';\nconst $a = 1;", "main.js uses $a, which is a module in a pack"),
        ("const f = () => `${$once}`;", "main.js uses $once, which is a module in a pack"),
        ("import { a } from './main.js';", "in a circle: main.js → main.js"),
    ] {
        let refused = one(text).unwrap_err().to_string();
        assert!(refused.contains(why), "{text}: {refused}");
    }
}

#[test]
fn strings_templates_and_regular_expressions_stay_as_they_are() {
    for (text, stripped) in [
        ("a = '//'; // no", "a = '//';"),
        ("a = \"/* ' */\" /* b */ + c", "a = \"/* ' */\" + c"),
        ("'it\\'s // here' // there", "'it\\'s // here'"),
        ("`//  ${ a /* b */ }  /* c */`", "`//  ${ a }  /* c */`"),
        ("`${ `/* ${ b // c\n} */` } // d`", "`${ `/* ${ b\n} */` } // d`"),
        ("`${ { a: `}` }[b] }  //`  // c", "`${ { a: `}` }[b] }  //`"),
        ("a.replace(/[/*]/g, '') // b", "a.replace(/[/*]/g, '')"),
        ("return /\\/\\/ \"/.test(a)   // b", "return /\\/\\/ \"/.test(a)"),
        ("a = b / c /* d */ / e", "a = b / c / e"),
        ("if (a) /b  c/.test(d)", "if (a) /b  c/.test(d)"),
        ("(a)  /  b", "(a) / b"),
        ("a.if (b) /  c /  d", "a.if (b) / c / d"),
        ("n++ /  2 /  3", "n++ / 2 / 3"),
        ("a + /  b/.length", "a + /  b/.length"),
        ("a.return /  2 /  3", "a.return / 2 / 3"),
        ("a = [1]  /  2; b = .5  / c", "a = [1] / 2; b = .5 / c"),
        // A line break in a comment may end a statement, as one outside does.
        ("return /* a\n b */ c", "return\nc"),
        ("return /* a */ c\n\n  // d\n  e", "return c\ne"),
        ("a/**/b", "a b"),
        ("a\r\n\t b", "a\nb"),
    ] {
        assert_eq!(written(&tokens(text).unwrap()), stripped, "{text}");
    }
}

#[test]
fn what_the_lexer_cannot_tell_is_refused() {
    for text in [
        "a = {} / 2",
        "} a",
        "(a",
        "(a]",
        "'a",
        "'a\nb'",
        "`a",
        "`${a",
        "/a\n/",
        "/* a",
        "a = /[/",
        "for (a of /b/g) c",
        "a \\u0062",
        "a\u{a0}b",
        "a\u{2028}b",
        "\u{feff}a",
    ] {
        assert!(tokens(text).is_err(), "{text}: {:?}", tokens(text));
    }
}

/// Statements with all that a stripper may take for something else, as tokens.
const STATEMENTS: [&[(Kind, &str)]; 12] = {
    use Kind::{Closing, Number, Opening, Regex, Sign, Text, Word};
    [
        &[(Word, "a"), (Sign, "="), (Regex, "/[/'\"`]\\/x/g"), (Sign, ";")],
        &[
            (Word, "a"),
            (Sign, "="),
            (Word, "b"),
            (Sign, "/"),
            (Word, "c"),
            (Sign, "/"),
            (Number, "2"),
            (Sign, ";"),
        ],
        &[
            (Word, "a"),
            (Sign, "("),
            (Text, "'it\\'s // no'"),
            (Sign, ","),
            (Text, "\"/*  '\""),
            (Sign, ")"),
            (Sign, ";"),
        ],
        &[
            (Opening, "`//  ${"),
            (Word, "a"),
            (Sign, "/"),
            (Opening, "`/*${"),
            (Regex, "/}/"),
            (Closing, "}`"),
            (Closing, "} '`"),
            (Sign, ";"),
        ],
        &[(Word, "if"), (Sign, "("), (Word, "a"), (Sign, ")"), (Regex, "/ 'b/"), (Sign, ";")],
        &[
            (Word, "f"),
            (Sign, "("),
            (Word, "a"),
            (Sign, ")"),
            (Sign, "/"),
            (Word, "b"),
            (Sign, "/"),
            (Word, "g"),
            (Sign, ";"),
        ],
        &[(Word, "return"), (Regex, "/`/"), (Sign, ";")],
        &[(Word, "a"), (Sign, "."), (Word, "return"), (Sign, "/"), (Word, "b"), (Sign, ";")],
        &[
            (Sign, "{"),
            (Word, "a"),
            (Sign, ":"),
            (Sign, "["),
            (Number, "1.5"),
            (Sign, "]"),
            (Sign, "/"),
            (Word, "b"),
            (Sign, "}"),
            (Sign, ";"),
        ],
        &[(Closing, "`  \\` \\${ // `"), (Sign, "/"), (Word, "a"), (Sign, ";")],
        &[(Word, "über"), (Sign, "="), (Sign, "!"), (Regex, "/\\\\/"), (Sign, ";")],
        &[
            (Word, "a"),
            (Sign, "="),
            (Sign, ">"),
            (Sign, "("),
            (Sign, "{"),
            (Sign, "}"),
            (Sign, ")"),
            (Sign, ";"),
        ],
    ]
};

const GAPS: [(&str, Gap); 9] = [
    (" ", Gap::Space),
    ("   ", Gap::Space),
    ("\n", Gap::Line),
    ("\n    \t", Gap::Line),
    (" /* it's ` */ ", Gap::Space),
    ("\t/** \" // */", Gap::Space),
    (" // it's /* ` ${\n", Gap::Line),
    ("\n  /* a\n */  // b\n  ", Gap::Line),
    (" /* / */ /* */ ", Gap::Space),
];

proptest! {
    #[test]
    fn a_stripped_text_has_the_tokens_that_were_written(
        statements in prop::collection::vec((0..STATEMENTS.len(), prop::collection::vec(0..GAPS.len(), 10)), 0..20),
    ) {
        let (mut text, mut meant) = (String::new(), Vec::new());
        for (statement, gaps) in statements {
            for (place, (kind, token)) in STATEMENTS[statement].iter().enumerate() {
                // What closes a value in a template may stand right after it, and so may most signs.
                let (space, gap) = match token.starts_with(['.', ',', ';', '(', ')']) && gaps[place] % 2 == 0 {
                    true => ("", Gap::None),
                    false => GAPS[gaps[place]],
                };
                text.push_str(space);
                text.push_str(token);
                meant.push((if meant.is_empty() { Gap::None } else { gap }, *kind, *token));
            }
        }
        let plain = |tokens: &[Token<'_>]| tokens.iter().map(|t| (t.gap, t.kind, t.text.to_owned())).collect::<Vec<_>>();
        let read = tokens(&text).unwrap();
        let meant: Vec<_> = meant.into_iter().map(|(gap, kind, text)| (gap, kind, text.to_owned())).collect();
        prop_assert_eq!(&plain(&read), &meant);
        let stripped = written(&read);
        prop_assert_eq!(plain(&tokens(&stripped).unwrap()), meant);
        prop_assert!(!stripped.contains("it's /*") && !stripped.contains("   "));
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[a-z(){}\\[\\]'\"`$/*\\\\ \n.=+-]{0,60}") {
        if let Ok(read) = tokens(&text) {
            let stripped = written(&read);
            prop_assert_eq!(tokens(&stripped), Ok(read));
        }
    }

    #[test]
    fn a_stripped_sheet_keeps_its_words(parts in prop::collection::vec((0..SHEET.len(), 0..SPACES.len()), 0..40)) {
        let (mut sheet, mut words) = (String::new(), Vec::new());
        for (part, space) in parts {
            sheet.push_str(SHEET[part]);
            sheet.push_str(SPACES[space]);
            words.push((SHEET[part], SPACES[space].contains('\n')));
        }
        let stripped = style::stripped(&sheet).unwrap();
        let mut rest = stripped.as_str();
        for (word, is_line) in words {
            rest = rest.strip_prefix(word).unwrap();
            rest = rest.strip_prefix(if is_line { "\n" } else { " " }).unwrap();
        }
        prop_assert_eq!(rest, "");
    }
}

const SHEET: [&str; 7] = [".a", "{", "}", "content: '/*  \\' */';", "url(\"//  a\")", "--b: 1px;", "*"];
const SPACES: [&str; 5] = [" ", "\n  ", " /* a' */ ", " /* a\n */ /* \" */\n\n", "\t /**/ "];

#[test]
fn a_sheet_that_cannot_be_stripped_is_refused() {
    for sheet in ["a/* b */c {}", "/* a", "a { b: 'c", "a { b: 'c\n' }", "a { b: url(//c) }", "a\\:b {}"] {
        assert!(style::stripped(sheet).is_err(), "{sheet}");
    }
    for path in files(".css") {
        let sheet = std::fs::read_to_string(Path::new(CONSOLE).join(&path)).unwrap();
        let stripped = style::stripped(&sheet).unwrap();
        assert!(!stripped.contains("/*") && !stripped.contains("\n "), "{path}");
        assert_eq!(style::stripped(&stripped).unwrap(), stripped, "{path}");
    }
}
