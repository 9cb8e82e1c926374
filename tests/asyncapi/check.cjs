// What AsyncAPI's own parser has to say of documents: node check.cjs FILE... Prints JSON; NODE_PATH says where the parser is.
const { Parser } = require("@asyncapi/parser");
const { readFileSync } = require("node:fs");

async function parsed(path) {
  const { document, diagnostics } = await new Parser().parse(readFileSync(path, "utf8"));
  const told = diagnostics.map((each) => ({ severity: each.severity, where: each.path.join("."), says: each.message }));
  const channels = document ? document.allChannels().all().map((channel) => channel.address()) : [];
  return { told, channels };
}

Promise.all(process.argv.slice(2).map(parsed)).then((found) => console.log(JSON.stringify(found)));
