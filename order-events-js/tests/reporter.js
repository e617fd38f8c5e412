/**
 * Tells of tests as `cargo test` does, so that the promises of docs/contract.md are checked against
 * one log.
 */
export default async function* reporter(events) {
  const count = { passed: 0, failed: 0, ignored: 0 };
  const failures = [];
  for await (const { type, data } of events) {
    if (type === "test:stdout" || type === "test:stderr") yield data.message;
    if (type !== "test:pass" && type !== "test:fail") continue;
    const isSkipped = data.skip !== undefined || data.todo !== undefined;
    const [word, what] = isSkipped
      ? ["ignored", "ignored"]
      : type === "test:pass"
        ? ["ok", "passed"]
        : ["FAILED", "failed"];
    count[what] += 1;
    if (what === "failed") failures.push([data.name, data.details.error]);
    yield `test ${data.name} ... ${word}\n`;
  }
  for (const [name, error] of failures) {
    const cause = error.cause ?? error;
    yield `\n---- ${name} ----\n${cause.stack ?? cause.message ?? cause}\n`;
    if (cause.cause) yield `${cause.cause.stack ?? cause.cause}\n`;
  }
  const result = failures.length === 0 ? "ok" : "FAILED";
  const { passed, failed, ignored } = count;
  yield `\ntest result: ${result}. ${passed} passed; ${failed} failed; ${ignored} ignored\n`;
}
