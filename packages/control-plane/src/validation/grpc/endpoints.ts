import { isIP } from "node:net";
import type { Findings } from "./fault.ts";
import { type Json, listIn, messageIn, textIn } from "./json.ts";

/** The endpoints of a cluster (gRFC A27, A52, A56). */
export function checkEndpoints(findings: Findings, assignment: Json): void {
  const localities = listIn(assignment, "endpoints", "");
  const seen = new Set<string>();
  const elsewhere = new Set<string>();
  const addresses = new Set<string>();
  for (const [locality, at] of localities) {
    const place = messageIn(locality, "locality");
    if (locality.locality === undefined) {
      const message = "give the locality a name: locality.region, zone or sub_zone";
      findings.refused("locality", at, message, "A27", ["go", "node", "cpp"]);
    }
    const isLeftOut = !Number(locality.loadBalancingWeight ?? 0);
    if (isLeftOut) {
      const message = "a locality without load_balancing_weight is left out, as if it had no endpoints: set 1 or more";
      findings.ignored("locality-weight", at, message, "A27");
      continue;
    }
    const name = JSON.stringify([place.region, place.zone, place.subZone]);
    const key = `${Number(locality.priority ?? 0)} ${name}`;
    if (seen.has(key)) findings.refused("locality", at, "the locality is there twice in one priority", "A52");
    else if (elsewhere.has(name)) {
      const message = "grpc-java keeps only the last of a locality's priorities: name it otherwise in each";
      findings.ignored("locality", at, message, "A52", ["java"]);
    }
    seen.add(key);
    elsewhere.add(name);
    for (const [endpoint, endpointAt] of listIn(locality, "lbEndpoints", at)) {
      checkEndpoint(findings, endpoint, endpointAt, addresses);
    }
  }
  checkPriorities(findings, localities);
}

function checkPriorities(findings: Findings, localities: readonly (readonly [Json, string])[]): void {
  const used = localities.filter(([locality]) => Number(locality.loadBalancingWeight ?? 0) > 0);
  const priorities = new Set(used.map(([locality]) => Number(locality.priority ?? 0)));
  for (const [locality, at] of used) {
    const priority = Number(locality.priority ?? 0);
    if (priority === 0 || priorities.has(priority - 1)) continue;
    const message = `there is a priority ${priority}, but none of ${priority - 1} (localities without weight don't count)`;
    findings.refused("priorities", `${at}/priority`, message, "A27");
    return;
  }
}

function checkEndpoint(findings: Findings, endpoint: Json, pointer: string, seen: Set<string>): void {
  if (endpoint.endpointName !== undefined) {
    findings.ignored("endpoint-name", pointer, "gRPC knows no named endpoints: write the endpoint here", "A27");
    return;
  }
  const at = `${pointer}/endpoint/address`;
  const address = messageIn(messageIn(endpoint, "endpoint"), "address");
  const socket = messageIn(address, "socketAddress");
  if (address.socketAddress === undefined) {
    findings.refused("address", at, "gRPC connects to a socket_address only", "A27");
    return;
  }
  const host = textIn(socket, "address");
  if (!isIP(host)) {
    const message = `${host} is no IP address: only LOGICAL_DNS clusters look up names`;
    findings.refused("address", `${at}/socketAddress/address`, message, "A27", ["java", "node", "cpp"]);
  }
  const key = `${host} ${socket.portValue}`;
  if (seen.has(key)) {
    findings.refused("address", at, "the address is there twice in this cluster", "A52", ["go", "node", "cpp"]);
  }
  seen.add(key);
}
