// XState's pure transition() for the race of single steps: answers one line of JSON for each line it reads.
import { createInterface } from "node:readline";
import { initialTransition, setup, transition } from "xstate";

const guards = { yes: () => true };
const trips = new Map();

function prepare({ shape, configuration, events, warmup }) {
  const machine = setup({ guards }).createMachine(configuration);
  const trip = { machine, events: events.map((type) => ({ type })), snapshot: initialTransition(machine)[0] };
  trips.set(shape, trip);
  const leaves = trip.events.map((event) => {
    trip.snapshot = transition(machine, trip.snapshot, event)[0];
    return named(trip.snapshot.value);
  });
  run({ shape, count: warmup });
  return { leaves };
}

function run({ shape, count }) {
  const trip = trips.get(shape);
  const { machine, events } = trip;
  let { snapshot } = trip;
  const before = process.cpuUsage();
  for (let turn = 0; turn < count; turn++) {
    for (const event of events) {
      snapshot = transition(machine, snapshot, event)[0];
    }
  }
  const { user, system } = process.cpuUsage(before);
  trip.snapshot = snapshot;
  return { seconds: (user + system) / 1e6 };
}

function named(value) {
  return typeof value === "string" ? [value] : Object.entries(value).flatMap(([, inner]) => named(inner));
}

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  console.log(JSON.stringify(asked.configuration ? prepare(asked) : run(asked)));
}
