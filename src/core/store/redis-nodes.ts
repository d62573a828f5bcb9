import type { HostPort } from './redis-address.js'

/** What one node of a cluster, or one sentinel, says. */
export interface Sighting {
  /** The master that has our keys. Missing: it knows none that could be used. */
  readonly master?: HostPort
  /** Grows with every promotion: of two masters that are named, the one with the larger epoch is right. */
  readonly epoch: number
  /** Every master that may get our keys, this one included. */
  readonly masters: readonly HostPort[]
  /** Who else can be asked. */
  readonly nodes: readonly HostPort[]
}

/** `CLUSTER KEYSLOT {cti}`. All our keys and those of the wake-ups carry this hash tag. */
export const SLOT = 15_145

const NOTHING: Sighting = { epoch: -1, masters: [], nodes: [] }

interface Node extends HostPort {
  readonly flags: readonly string[]
  readonly epoch: number
  readonly slots: readonly string[]
}

const ADDRESS = /^(.*):(\d+)(?:@\d+)?(?:,([^,]*))?/
/** Of a node that nobody can talk to, or that nobody should. `fail?` is one node's suspicion and not among them. */
const UNUSABLE = ['fail', 'handshake', 'noaddr']

function parseNode(line: string, asked: string, preferNames: boolean): readonly Node[] {
  const [id, address, flags, , , , epoch, , ...slots] = line.trim().split(' ')
  const match = ADDRESS.exec(address ?? '')
  if (id === undefined || match === null || flags === undefined) return []
  const [, ip = '', port, name = ''] = match
  const host = preferNames && name !== '' ? name : ip === '' ? asked : ip
  return [{ host, port: Number(port), flags: flags.split(','), epoch: Number(epoch), slots }]
}

/** A number or a range; in brackets stand slots on their way to another node, which are still their old owner's. */
function hasSlot(ranges: readonly string[], slot: number): boolean {
  return ranges.some((text) => {
    const [from = NaN, to = from] = text.split('-').map(Number)
    return slot >= from && slot <= to
  })
}

const addressOf = ({ host, port }: HostPort): HostPort => ({ host, port })

/**
 * Reads the answer to `CLUSTER NODES`. `asked` is the host that was asked, for a node that does not know its own address. With
 * `preferNames` a node is called by the name that it announces, because TLS compares it with the certificate.
 */
export function readClusterNodes(text: string, asked: string, preferNames: boolean): Sighting {
  const nodes = text.split('\n').flatMap((line) => parseNode(line, asked, preferNames))
  const usable = nodes.filter(({ flags }) => !flags.some((flag) => UNUSABLE.includes(flag)))
  const masters = usable.filter(({ flags }) => flags.includes('master'))
  const owner = masters.find(({ slots }) => hasSlot(slots, SLOT))
  if (owner === undefined) return NOTHING
  return { master: addressOf(owner), epoch: owner.epoch, masters: masters.map(addressOf), nodes: usable.map(addressOf) }
}

/** Reads the answer to `SENTINEL MASTER`: name, value, name, … */
export function readSentinelMaster(answer: unknown): Sighting {
  if (!Array.isArray(answer)) return NOTHING
  const field = (name: string): string | undefined => {
    const at = answer.indexOf(name)
    return at === -1 ? undefined : String(answer[at + 1])
  }
  const [host, port] = [field('ip'), Number(field('port'))]
  if (host === undefined || host === '' || !(port > 0)) return NOTHING
  const master = { host, port }
  return { master, epoch: Number(field('config-epoch') ?? 0), masters: [master], nodes: [] }
}
