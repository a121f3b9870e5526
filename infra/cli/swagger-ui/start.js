// The page of `wrapup local` to try the API on: nothing is loaded from, or sent to, another host.
const ui = SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#page",
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: "list",
  tryItOutEnabled: true,
  validatorUrl: null,
  // Whoever comes from the console's link is the demo user, whose password everybody knows, where there is one.
  onComplete: async () => {
    if (location.search !== "?demo") return;
    const demo = await (await fetch("console/start")).json();
    if (demo) ui.preauthorizeBasic("basic", demo.user, demo.password);
  },
});
