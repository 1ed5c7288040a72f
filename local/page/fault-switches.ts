import type { PageArgs } from "./args.ts";
import type { FaultSwitch } from "./views.ts";

/** The faults that a person switches on and off; tests set them as finely as they like. */
export const faultSwitches = ({ hosts }: Pick<PageArgs, "hosts">): FaultSwitch[] => [
  { title: "SNS is down", text: "Events wait in the outbox; the relay publishes them.", setting: { snsDown: true } },
  { title: "AWS throttles", text: "A fifth of the functions' calls is throttled.", setting: { throttle: 0.2 } },
  ...Object.keys(hosts.list()).flatMap((host) => [
    { title: `${host} is slow`, text: "It answers after 8 seconds.", setting: { slowHosts: { [host]: 8_000 } } },
    { title: `${host} is down`, text: "It answers 503.", setting: { hostsDown: [host] } },
  ]),
  { title: "Functions are killed", text: "A third of the runs loses its worker.", setting: { kill: 0.33 } },
  { title: "Answers are lost", text: "A tenth of the calls is done and never answered.", setting: { lost: 0.1 } },
];
