import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'
import { type FetchRules, Refusal } from './rules.js'

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const [address, prefix] = network.split('/')
    const family = familyOf(address)
    list.addSubnet(address, prefix === undefined ? (family === 'ipv4' ? 32 : 128) : Number(prefix), family)
  }
  return list
}

/** An IPv6 address without the brackets that it has in a URL. */
export const bare = (hostname: string): string => hostname.replace(/^\[(.*)\]$/, '$1')

const familyOf = (address: string) => (isIP(address) === 4 ? 'ipv4' : 'ipv6')

/** Everything that is not the public internet (IANA's registries of special-purpose addresses), and ways to wrap such an address in IPv6. */
const special = listOf([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/96',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
])

/** Whether the address is on the public internet. */
export const isPublic = (address: string): boolean => !special.check(address, familyOf(address))

/**
 * The address to connect to for a host that is listed. The name is looked up once and the connection goes to what was found and checked, so a
 * name that changes in between (DNS rebinding) gains nothing. Throws a Refusal.
 */
export async function addressOf(hostname: string, { networks }: FetchRules): Promise<string> {
  const literal = bare(hostname)
  // The address itself stands in the list of hosts.
  if (isIP(literal)) return literal
  const allowed = listOf(networks)
  const found = await lookup(literal, { all: true })
  const usable = found.find(({ address }) => allowed.check(address, familyOf(address)) || isPublic(address))
  if (usable !== undefined) return usable.address
  const addresses = found.map(({ address }) => address).join(', ')
  throw new Refusal('fetch_address', `${hostname} leads to ${addresses}, which is not public; add the network to networks if that is meant`)
}
