import { BenchError } from "../errors.ts";
import type { Plan } from "../plan/plan.ts";
import { nowMs } from "../run/clock.ts";
import type { Change, Command, GeneratorSample, Report, Span } from "../run/messages.ts";
import { ResponseReader } from "../workload/response-reader.ts";
import { windowOf } from "../workload/window.ts";
import { behavioursOf } from "./behaviour-of.ts";
import { Book } from "./book.ts";
import { Churn } from "./churn.ts";
import { clientsOf, modeOf, pathOf } from "./client-of.ts";
import { endpointOf } from "./endpoint-of.ts";
import { Fleet } from "./fleet.ts";
import { Lateness } from "./lateness.ts";
import { Pool } from "./pool.ts";
import { settle } from "./settle.ts";
import { Storm } from "./storm.ts";
import { Tally } from "./tally.ts";

const TICK_MS = 1_000;
/** States that one process keeps: 4 bytes each. */
const MAX_STATES = 256 * 1024 * 1024;

/** What a generator needs from around it. */
export interface GeneratorOptions {
  readonly report: (report: Report) => void;
}

/** One process's share of a run: takes commands, tells what came of them. */
export class Generator {
  private readonly options: GeneratorOptions;
  private prepared: Prepared | undefined;

  constructor(options: GeneratorOptions) {
    this.options = options;
  }

  /** @throws BenchError a command that can't be followed: the run can't go on */
  handle(command: Command): void {
    if (command.kind === "prepare") {
      this.prepared = new Prepared(this.options, command.plan, command.clients);
      this.options.report({ kind: "ready" });
      return;
    }
    const { prepared } = this;
    if (prepared === undefined) {
      if (command.kind === "close") return;
      throw new BenchError("generator-failed", `a generator was told to ${command.kind} before it was prepared`);
    }
    prepared.handle(command);
  }
}

/** A generator that has its plan. */
class Prepared {
  private readonly churn: Churn;
  private readonly report: GeneratorOptions["report"];
  private readonly from: number;
  private readonly rows: number;
  private readonly book: Book;
  private readonly tally = new Tally();
  private readonly fleet: Fleet;
  private readonly pool: Pool;
  private readonly lateness = new Lateness();
  private readonly ticker: NodeJS.Timeout;
  private nextCut = 0;
  private sinceMs = nowMs();

  constructor({ report }: GeneratorOptions, plan: Plan, { from, to }: Span) {
    const { workload } = plan;
    const rows = to - from;
    const width = windowOf(workload, 0).size;
    if (rows * width > MAX_STATES) {
      const message = `${rows} streams × ${width} resources are more than one generator process keeps (${MAX_STATES}): use more generators, or let each stream ask for fewer`;
      throw new BenchError("generator-failed", message);
    }
    this.report = report;
    this.from = from;
    this.rows = rows;
    this.book = new Book({
      rows,
      resources: workload.count,
      windowOf: (row) => windowOf(workload, from + row),
      isOrdered: workload.recognise === "mark",
      isAbsenceRemoval:
        workload.type === "clusters" && workload.recognise === "mark" && modeOf(plan.protocol) === "sotw",
      onHeld: report,
    });
    const behaviours = behavioursOf(plan.population, to).slice(from);
    this.fleet = new Fleet({
      book: this.book,
      tally: this.tally,
      reader: new ResponseReader(workload, plan.protocol === "raw" ? "raw" : modeOf(plan.protocol)),
      behaviours,
      isAnyWhole: workload.recognise === "bytes",
      isWildcard: workload.subscribe === "wildcard",
      onFatal: report,
    });
    this.pool = new Pool(endpointOf(plan.target), pathOf(plan) ?? "", behaviours, plan.streamsPerConnection);
    const clientOf = clientsOf(plan, this.fleet, this.pool);
    behaviours.forEach((behaviour, row) => {
      this.fleet.clients.push(clientOf({ number: from + row, row, behaviour }));
    });
    this.churn = new Churn(this.fleet, workload.subscribe === "wildcard" ? 0 : width);
    this.ticker = setInterval(() => this.tick(), TICK_MS);
  }

  handle(command: Exclude<Command, { kind: "prepare" }>): void {
    if (command.kind === "connect") this.connect(command);
    else if (command.kind === "changes") this.note(command.batch, command.changes);
    else if (command.kind === "failed") this.fail(command.sequences);
    else if (command.kind === "measure") this.measure(command.fromMs);
    else if (command.kind === "churn") this.churn.set(command.streamsPerSecond, command.subscriptionsPerSecond);
    else if (command.kind === "cut") this.cut(command);
    else if (command.kind === "settle") this.settle(command.patienceMs);
    else this.close();
  }

  private connect({ connecting, clients, startMs }: Extract<Command, { kind: "connect" }>): void {
    const rows = Array.from({ length: clients.to - clients.from }, (_, at) => clients.from + at - this.from);
    this.begin(
      rows.filter((row) => row >= 0 && row < this.rows),
      connecting,
      startMs,
    );
  }

  private note(batch: number, changes: readonly Change[]): void {
    const now = nowMs();
    this.report({ kind: "noted", batch });
    for (const change of changes) this.book.note(change, now);
  }

  private fail(sequences: readonly number[]): void {
    for (const sequence of sequences) this.book.fail(sequence);
  }

  private measure(fromMs: number): void {
    this.tick();
    this.sinceMs = fromMs;
    this.tally.restart();
  }

  /** Connections in turn, so that each round takes others. */
  private cut({ connections, reconnecting }: Extract<Command, { kind: "cut" }>): void {
    const present = this.pool.present();
    const count = Math.min(connections, present.length);
    const chosen = Array.from({ length: count }, (_, at) => present[(this.nextCut + at) % present.length]!);
    this.nextCut = present.length === 0 ? 0 : (this.nextCut + count) % present.length;
    const rows = chosen.flatMap((at) => this.pool.rowsOf(at));
    for (const row of rows) this.fleet.leave(row);
    for (const at of chosen) this.pool.cut(at);
    this.begin(rows, reconnecting, nowMs());
  }

  private settle(patienceMs: number): void {
    this.churn.finish();
    settle(this.fleet, patienceMs, () => {
      this.tick();
      this.report({ kind: "settled", faults: this.tally.wrongAnswers() });
    });
  }

  private close(): void {
    this.tick(); // in a run that broke off nothing told of the last moments
    clearInterval(this.ticker);
    this.lateness.stop();
    this.churn.stop();
    this.fleet.storm?.stop();
    this.fleet.close();
    this.pool.close();
  }

  private begin(
    rows: readonly number[],
    connecting: Extract<Command, { kind: "connect" }>["connecting"],
    startMs: number,
  ): void {
    this.fleet.storm?.stop();
    const storm = new Storm({
      rows,
      connecting,
      startMs,
      open: (row) => this.fleet.openClient(row),
      onDone: (result) => {
        if (this.fleet.storm === storm) this.fleet.storm = undefined;
        this.report({ ...result, newest: this.book.newest });
      },
    });
    this.fleet.storm = storm;
  }

  private tick(): void {
    const { user, system } = process.cpuUsage();
    const sample: GeneratorSample = {
      atMs: nowMs(),
      sinceMs: this.sinceMs,
      counts: { ...this.tally.counts },
      cpuMs: (user + system) / 1_000,
      rssBytes: process.memoryUsage.rss(),
      slipMs: this.lateness.take(),
      resubscribedMs: this.fleet.resubscribedMs.take(),
      open: this.fleet.open,
    };
    this.report({ kind: "tick", sample });
    this.book.closeOverdue(sample.atMs);
  }
}
