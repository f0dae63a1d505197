/**
 * The first program of each SDK's README, in a new project beside or inside a fresh copy of the repository. What installs
 * the SDK and the lines of code are the README's; around them stands only what a framework or a tool would bring: a
 * request, the declarations of a program, and a line that prints the user's id.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { FreshCopy } from "./fresh-copy.ts";
import { blocksIn } from "./readme.ts";

interface Recipe {
  /** The project's folder in the copy. */
  folder: string;
  /** Files of the project. */
  files: (readme: string) => Record<string, string>;
  /** Lines for a shell that install the SDK and build the program. */
  install: (readme: string) => string[];
  /** A line that runs it, with the token in `TOKEN`. */
  run: string;
}

/** The first block in a language. */
function first(readme: string, language: string): string {
  const [text] = blocksIn(readme, language);
  if (text === undefined) throw new Error(`The README has no block of ${language}`);
  return text;
}

/** The command of a block for a shell: the one that its comment gives for use in this repository, if there is one. */
function command(readme: string): string {
  const line = first(readme, "sh").trim();
  return /# in this repository: (.+)$/.exec(line)?.[1] ?? line;
}

export const recipes: Record<string, Recipe> = {
  go: {
    folder: "examples/first-program",
    files: (readme) => ({
      "main.go": `package main

import (
	"fmt"
	"log"
	"net/http/httptest"
	"os"

	"ginnel.example/go"
)

func main() {
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Authorization", "Bearer "+os.Getenv("TOKEN"))
	${first(readme, "go")}
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(userID)
}
`,
    }),
    install: (readme) => ["go mod init first-program", command(readme), "go build -o program ."],
    run: "./program",
  },
  node: {
    folder: ".",
    files: (readme) => ({
      "first-program.mjs": `const req = new Request("http://localhost/", {
  headers: { authorization: "Bearer " + process.env.TOKEN },
});
${first(readme, "js")}
console.log(userID);
`,
    }),
    install: (readme) => ["npm init --yes", command(readme)],
    run: "node first-program.mjs",
  },
  python: {
    folder: ".",
    files: (readme) => ({
      "first_program.py": `import os
request = {"Authorization": "Bearer " + os.environ["TOKEN"]}
${first(readme, "python")}
print(user_id)
`,
    }),
    install: (readme) => ["python3 -m venv .venv", ". .venv/bin/activate", command(readme)],
    run: ".venv/bin/python first_program.py",
  },
  ruby: {
    folder: ".",
    files: (readme) => {
      const [gems, code] = blocksIn(readme, "ruby");
      return {
        Gemfile: gems!,
        "first_program.rb": `request = { "REQUEST_METHOD" => "GET", "HTTP_AUTHORIZATION" => "Bearer #{ENV.fetch('TOKEN')}" }
${code}
puts user_id
`,
      };
    },
    install: () => ["bundle install --local"],
    run: "bundle exec ruby first_program.rb",
  },
  rust: {
    folder: "../first-program",
    files: (readme) => {
      const [code] = blocksIn(readme, "rust,no_run");
      return {
        // Lines with this mark are for the compiler alone, and not shown to readers.
        "src/main.rs": `#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut headers = http::HeaderMap::new();
    headers.insert("authorization", format!("Bearer {}", std::env::var("TOKEN")?).parse()?);
    let headers = &headers;
    ${code!.replace(/^# .*$/gm, "")}
    println!("{user_id}");
    Ok(())
}
`,
        "Cargo.toml": `[package]
name = "first-program"
version = "0.1.0"
edition = "2024"

${first(readme, "toml")}http = "*"
tokio = { version = "*", features = ["macros", "rt"] }
`,
      };
    },
    // The versions that the repository is built with, so that what is built already serves.
    install: () => ["cp ../ginnel/Cargo.lock .", "cargo build"],
    run: "cargo run --quiet",
  },
};

/** Installs as a new user of the SDK would; what follows is one run after the other. */
export async function installFirstProgram(
  copy: FreshCopy,
  name: string,
): Promise<(env: Record<string, string>) => Promise<string>> {
  const recipe = recipes[name];
  if (!recipe) throw new Error(`There is no recipe for sdks/${name}`);
  const readme = await readFile(join(copy.folder, "sdks", name, "README.md"), "utf8");
  for (const [file, text] of Object.entries(recipe.files(readme))) {
    const path = join(copy.folder, recipe.folder, file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
  await copy.shell(recipe.install(readme), recipe.folder);
  return (env) => copy.shell([recipe.run], recipe.folder, env);
}
