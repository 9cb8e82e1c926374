// Before anything is drawn: the theme that the address asks for (?theme=dark|light), else the page's own, else the system's. Paper is
// light. No module, so that it blocks the first paint: `<script src="../common/theme.js"></script>` before the style sheets.
{
  const root = document.documentElement;
  const asked = new URLSearchParams(location.search).get("theme");
  const fixed = ["dark", "light"].includes(asked) ? asked : root.dataset.theme;
  const system = matchMedia("(prefers-color-scheme: light)");
  const set = () => {
    root.dataset.theme = fixed ?? (system.matches ? "light" : "dark");
  };
  system.addEventListener("change", set);
  addEventListener("beforeprint", () => { root.dataset.theme = "light"; });
  addEventListener("afterprint", set);
  set();
}
