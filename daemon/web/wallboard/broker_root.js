// Which site a board shows that no daemon serves, but the broker itself: the one that is told of there.

import mqtt from "./vendor/mqtt.esm.js";

const PREFIX = "ringtally";
const WITHIN_MS = 5_000;
const OTHERS_WITHIN_MS = 500;

/** The address of the broker that served this page. */
export function servingBroker() {
  return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/`;
}

/** The roots (`ringtally/office`) of all sites that the broker has heard of. Empty: of none, within some seconds. */
export function rootsAt(broker) {
  return new Promise((resolve) => {
    const found = new Set();
    const client = mqtt.connect(broker, { clean: true, reconnectPeriod: 1_000, timerVariant: "native" });
    const done = () => {
      client.end(true);
      resolve([...found].sort());
    };
    setTimeout(done, WITHIN_MS);
    client.on("connect", () => client.subscribe(`${PREFIX}/+/bridge/info`));
    client.on("error", () => {}); // tried again
    client.on("message", (topic, body) => {
      if (body.length === 0) return;
      if (found.size === 0) setTimeout(done, OTHERS_WITHIN_MS);
      found.add(topic.replace(/\/bridge\/info$/, ""));
    });
  });
}
