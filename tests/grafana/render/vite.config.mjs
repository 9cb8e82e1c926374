// One page that draws a dashboard; Prometheus is reached through /prom, dashboards through /dashboards.
import { defineConfig } from "vite";

const prometheus = process.env.PROMETHEUS ?? "http://127.0.0.1:9090";
const proxy = { "/prom": { target: prometheus, rewrite: (path) => path.replace(/^\/prom/, "") } };

export default defineConfig({
  root: "page",
  publicDir: process.env.DASHBOARDS,
  define: { "process.env": {}, global: "window" },
  build: { outDir: "../dist", emptyOutDir: true, minify: false, chunkSizeWarningLimit: 99999 },
  preview: { port: 19173, strictPort: true, host: "127.0.0.1", proxy },
});
