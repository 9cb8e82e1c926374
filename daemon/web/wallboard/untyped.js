// Where a server does not say of what kind its files are, as mosquitto's http_dir does not, browsers refuse modules: then they are fetched
// as text, and each is given to the browser with its kind. No module itself. Where a file is missing, the page is loaded again.
{
  const AGAIN_MS = 2_000;
  const IMPORT = /(\bfrom\s*|\bimport\s*\(?\s*)"(\.{1,2}\/[^"]+)"/g;
  const made = new Map();

  const moduleAt = (address) => {
    if (!made.has(address)) made.set(address, fetched(address));
    return made.get(address);
  };

  const fetched = async (address) => {
    const answer = await fetch(address, { cache: "no-cache" });
    if (!answer.ok || answer.headers.get("Content-Type")) throw new Error(`${address}: ${answer.status}`);
    const text = await answer.text();
    const needed = await Promise.all([...text.matchAll(IMPORT)].map(([, , path]) => moduleAt(new URL(path, address).href)));
    const whole = text.replace(IMPORT, (_, word) => `${word}"${needed.shift()}"`);
    return URL.createObjectURL(new Blob([whole], { type: "text/javascript" }));
  };

  addEventListener("error", async ({ target }) => {
    if (target?.type !== "module") return;
    try {
      await import(await moduleAt(target.src));
    } catch {
      setTimeout(() => location.reload(), AGAIN_MS);
    }
  }, true);
}
