// The board's topics from a broker, over websockets.

import mqtt from "./vendor/mqtt.esm.js";

const TOPICS = ["bridge/#", "calls/active", "event/call", "queue/+/state", "agent/+/state", "stats/today", "missed/+"];

/** Listen to the broker at `address` for what is below `root`; connects again for ever. */
export function listenToBroker(address, root, { connected, message }) {
  const client = mqtt.connect(address, {
    clean: true,
    keepalive: 5,
    connectTimeout: 5_000,
    reconnectPeriod: 1_000,
    resubscribe: false,
    queueQoSZero: false,
    timerVariant: "native", // the other kind makes workers out of strings, which our content security policy forbids
  });
  client.on("connect", () => {
    connected(true);
    client.subscribe(TOPICS.map((topic) => `${root}/${topic}`), { qos: 1 }, (error, granted) => {
      // Not told to us: nothing would ever come, and that must not look like a quiet day.
      if (error || granted.some((each) => each.qos > 2)) client.stream.destroy();
    });
  });
  client.on("close", () => connected(false));
  client.on("error", () => {}); // told by "close" as well
  client.on("message", (topic, body, packet) => {
    message(topic.slice(root.length + 1), new TextDecoder().decode(body), !packet.retain);
  });
}
