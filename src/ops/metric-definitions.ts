import { Counter, Gauge, type Registry } from 'prom-client'
import { countsOf, timingsOf } from './tallies.js'

/** Seconds. A command that needs no waiting takes milliseconds; one that waits for the end of a call takes as long as the call. */
const CONFIRMATION_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800]
const HTTP_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]
const STORE_BUCKETS = [0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1]
const ATTEMPT_BUCKETS = [0, 1, 2, 3, 5, 10, 15]

/**
 * Every metric of a gateway, made in the given registry. Labels have few values each: platforms of the configuration, actions,
 * statuses, routes of the API. Never an agent, a command, a key or a text from outside.
 */
export function defineMetrics(registry: Registry) {
  const registers = [registry]
  const gauge = <L extends string = never>(name: string, help: string, labelNames: readonly L[] = []): Gauge<L> =>
    new Gauge({ name, help, labelNames: [...labelNames], registers })
  const counter = <L extends string = never>(name: string, help: string, labelNames: readonly L[] = []): Counter<L> =>
    new Counter({ name, help, labelNames: [...labelNames], registers })
  const counts = (name: string, help: string, labelNames: readonly string[]) => countsOf(registry, { name, help, labelNames })
  const timings = (name: string, help: string, labelNames: readonly string[], bounds: readonly number[]) =>
    timingsOf(registry, { name, help, labelNames }, bounds)
  return {
    commands: counts('cti_commands_total', 'Commands that reached a status', ['platform', 'action', 'status']),
    confirmation: timings('cti_command_confirmation_seconds', 'From acceptance to evidence', ['platform', 'action'], CONFIRMATION_BUCKETS),
    attempts: timings('cti_command_attempts', 'Attempts that a command needed until it ended', ['platform'], ATTEMPT_BUCKETS),
    open: gauge('cti_open_commands', 'Commands without a final status'),
    oldestOpen: gauge('cti_oldest_open_command_seconds', 'Age of the oldest open command'),
    overdue: gauge('cti_oldest_overdue_seconds', 'How long the longest overdue command has been due and nobody worked on it'),
    rewoken: counter('cti_rewoken_agents_total', 'Agents with open commands that the sweep found forgotten'),
    rollbacks: counter('cti_engine_rollbacks_total', 'Times that the storage engine was found rolled back to an older snapshot'),
    storeUp: gauge('cti_store_up', 'Whether the storage engine answered this scrape'),
    storeCalls: timings('cti_store_call_seconds', 'Calls of the command log', ['call', 'outcome'], STORE_BUCKETS),
    eventReaders: gauge('cti_event_readers', 'Readers of the stream of events'),
    eventsAppended: counter('cti_events_appended_total', 'Events handed to the event log by this process'),
    eventsDropped: counter('cti_events_dropped_total', 'Events of commands that could not be kept while the event log was away'),
    eventsDelivered: counter('cti_events_delivered_total', 'Events written to readers'),
    eventReadersEnded: counter('cti_event_readers_ended_total', 'Streams of events that the gateway ended', ['reason']),
    eventLag: gauge('cti_event_lag_seconds', 'From the newest event that was delivered to its delivery'),
    queue: gauge('cti_queue_wakeups', 'Wake-ups in the queue', ['state']),
    link: gauge('cti_link_status', '1 for the status that the link of a platform has now', ['platform', 'status']),
    circuit: gauge('cti_circuit_state', "1 for the state that a platform's circuit breaker has now", ['platform', 'state']),
    gateWaiting: gauge('cti_gate_waiting', 'Calls that wait for their turn at a platform', ['platform']),
    gateInside: gauge('cti_gate_inside', 'Calls that are at a platform now', ['platform']),
    http: counts('cti_http_requests_total', 'HTTP requests answered', ['method', 'route', 'status']),
    httpSeconds: timings('cti_http_request_seconds', 'From the request to the end of its answer', ['route'], HTTP_BUCKETS),
    loopDelay: gauge('cti_event_loop_delay_seconds', 'Delay of the event loop since the last scrape', ['quantile']),
    info: gauge('cti_gateway_info', 'Always 1; says what runs', ['version', 'engine']),
    cpu: counter('process_cpu_seconds_total', 'CPU time of this process', ['mode']),
    rss: gauge('process_resident_memory_bytes', 'Resident memory of this process'),
    heap: gauge('nodejs_heap_used_bytes', 'Heap in use'),
    started: gauge('process_start_time_seconds', 'Start of this process, seconds since the epoch'),
  }
}

export type MetricSet = ReturnType<typeof defineMetrics>
