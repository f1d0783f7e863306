import { makeCertificate } from "../support/certificate.ts";
import { testInEveryMode } from "../support/lab.ts";
import { assignment, edsCluster, httpListener, routeConfiguration, tlsSecret } from "../support/resources.ts";
import { assertUnharmed, runSwaps } from "../support/swaps.ts";

const STEPS = 15;

testInEveryMode("replacing a listener's certificate by SDS", async (stage) => {
  const { mode, port, accessLog, lab } = stage;
  const certificates = Array.from({ length: STEPS + 1 }, () => makeCertificate("test.local"));
  const resources = (step: number) => {
    const { certificate, privateKey } = certificates[step]!;
    return [
      edsCluster(mode, "service"),
      assignment("service", [lab.backends.pick("http", 0).port]),
      httpListener(mode, { name: "web", port, routes: { rds: "routes" }, secret: "certificate", accessLog }),
      routeConfiguration("routes", { "/": "service" }),
      tlsSecret("certificate", certificate, privateKey),
    ];
  };
  const answeredBy = (step: number) => certificates[step]!.serialNumber;
  const traffic = { protocol: "https", identity: "certificate" } as const;
  assertUnharmed(stage, await runSwaps(stage, { resources, answeredBy, steps: STEPS, intervalMs: 500, traffic }));
});

testInEveryMode("giving a listener's certificate another name", async (stage) => {
  const { mode, port, accessLog, lab } = stage;
  const certificates = Array.from({ length: STEPS + 1 }, () => makeCertificate("test.local"));
  const resources = (step: number) => {
    const { certificate, privateKey } = certificates[step]!;
    return [
      edsCluster(mode, "service"),
      assignment("service", [lab.backends.pick("http", 0).port]),
      httpListener(mode, { name: "web", port, routes: { rds: "routes" }, secret: `certificate-${step}`, accessLog }),
      routeConfiguration("routes", { "/": "service" }),
      tlsSecret(`certificate-${step}`, certificate, privateKey),
    ];
  };
  const answeredBy = (step: number) => certificates[step]!.serialNumber;
  const traffic = { protocol: "https", identity: "certificate" } as const;
  assertUnharmed(stage, await runSwaps(stage, { resources, answeredBy, steps: STEPS, intervalMs: 500, traffic }));
});
