import { readFile } from 'node:fs/promises'
import type { ConnectionOptions as TlsOptions } from 'node:tls'
import kafkajs, { type Admin, type KafkaConfig, type SASLOptions } from 'kafkajs'
import type { Logger } from 'pino'
import { z } from 'zod'
import { duration, secret } from '../options.js'
import { registerCodecs } from './compression.js'
import { faultOf } from './fault.js'
import { quietIdleTimer } from './idle-timer.js'
import { gradedLogs } from './logs.js'
import { quickenLongs } from './quick-longs.js'

registerCodecs()
quietIdleTimer()
quickenLongs()

const tlsFiles = z.strictObject({
  ca: z.string().optional().describe("PEM file with the authority that signed the brokers' certificates; default: Node's own list"),
  cert: z.string().optional().describe('PEM file with the client certificate, for mutual TLS'),
  key: z.string().optional().describe("PEM file with the client certificate's key"),
  servername: z.string().optional().describe("Name to check the brokers' certificates against; default: the host name"),
  rejectUnauthorized: z.boolean().default(true).describe('Whether to refuse certificates that cannot be verified'),
})

const password = z.strictObject({
  mechanism: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']).describe('How to authenticate'),
  username: z.string().min(1).describe('User name'),
  password: secret().describe('Password'),
})

const bearer = z
  .strictObject({
    mechanism: z.literal('oauthbearer').describe('How to authenticate'),
    token: secret().optional().describe('The token itself'),
    tokenFile: z.string().optional().describe('File with the token; read again whenever a connection authenticates'),
  })
  .refine(({ token, tokenFile }) => (token === undefined) !== (tokenFile === undefined), 'needs exactly one of token and tokenFile')

/** The options that every Kafka component has in common. */
export const connectionFields = {
  brokers: z
    .array(z.string().regex(/^[^\s:]+:\d+$/, 'must be host:port'))
    .min(1)
    .describe('Brokers to ask first, as host:port; the others are learnt from them'),
  clientId: z.string().min(1).default('driftwatch').describe("Name of this client in the brokers' logs and quotas"),
  tls: z.union([z.boolean(), tlsFiles]).default(false).describe('Encrypts the connections: true, or an object with files'),
  sasl: z.discriminatedUnion('mechanism', [password, bearer]).optional().describe('Authenticates the connections'),
  connectTimeout: duration().prefault('2s').describe('How long one connection may take to open'),
  requestTimeout: duration().prefault('30s').describe('How long a broker may take to answer'),
}
const connection = z.strictObject(connectionFields)
export type Connection = z.output<typeof connection>

/**
 * A kafkajs client. Opens no connection yet, but reads the files that `tls` names.
 * @param retries how often a failed request is tried again, with delays of 0.2 s, 0.4 s, … at most 10 s
 */
export async function openKafka(options: Connection, logger: Logger, retries = 5): Promise<kafkajs.Kafka> {
  return new kafkajs.Kafka({ ...(await kafkaConfig(options)), ...manners(logger, retries) })
}

/** How a client of kafkajs tries again and what it logs. */
export const manners = (logger: Logger, retries = 5) => ({
  retry: { retries, initialRetryTime: 200, maxRetryTime: 10_000 },
  logLevel: logger.isLevelEnabled('trace') ? kafkajs.logLevel.DEBUG : kafkajs.logLevel.INFO,
  logCreator: gradedLogs(logger),
})

/** Our options in kafkajs's words. Throws an `Error` that names the file when one cannot be read. */
export async function kafkaConfig(options: Connection): Promise<KafkaConfig> {
  return {
    brokers: [...options.brokers],
    clientId: options.clientId,
    ssl: typeof options.tls === 'boolean' ? options.tls : await tlsOptions(options.tls),
    ...(options.sasl && { sasl: saslOptions(options.sasl) }),
    connectionTimeout: options.connectTimeout,
    requestTimeout: options.requestTimeout,
  }
}

async function tlsOptions({ ca, cert, key, servername, rejectUnauthorized }: z.output<typeof tlsFiles>): Promise<TlsOptions> {
  return {
    rejectUnauthorized,
    ...(ca !== undefined && { ca: await pem('ca', ca) }),
    ...(cert !== undefined && { cert: await pem('cert', cert) }),
    ...(key !== undefined && { key: await pem('key', key) }),
    ...(servername !== undefined && { servername }),
  }
}

const pem = (option: string, path: string): Promise<string> =>
  readFile(path, 'utf8').catch((error: Error) => {
    throw new Error(`tls.${option}: cannot read ${path} (${error.message}); give the path of a PEM file`, { cause: error })
  })

function saslOptions(sasl: NonNullable<Connection['sasl']>): SASLOptions {
  if (sasl.mechanism !== 'oauthbearer') {
    const { mechanism, username, password } = sasl
    return { mechanism, username, password: password.reveal() }
  }
  const { token, tokenFile } = sasl
  const read = async () => (tokenFile === undefined ? (token?.reveal() ?? '') : (await readFile(tokenFile, 'utf8')).trim())
  return { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: await read() }) }
}

const longestProbe = 10_000

/**
 * Does `work` with an admin client that gives up soon, to find out at start whether brokers and topics are there.
 * Throws an `Error` within about ten seconds when no broker answers.
 */
export async function probe<Result>(options: Connection, logger: Logger, work: (admin: Admin) => Promise<Result>): Promise<Result> {
  const kafka = await openKafka({ ...options, requestTimeout: Math.min(options.requestTimeout, longestProbe / 2) }, logger, 3)
  const admin = kafka.admin()
  let timer: NodeJS.Timeout | undefined
  const tooLong = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(unreachable(options, new Error(`no answer within ${longestProbe / 1000} s`))), longestProbe)
  })
  const reach = async () => {
    await admin.connect()
    // The first answer: kafkajs takes a connection that opens for a broker.
    await admin.describeCluster()
  }
  const reached = reach().catch((error) => {
    throw unreachable(options, error)
  })
  try {
    return await Promise.race([reached.then(() => work(admin)), tooLong])
  } finally {
    clearTimeout(timer)
    // Not awaited: it waits for requests that a silent broker never answers.
    admin.disconnect().catch((error: Error) => logger.debug({ error: error.message }, 'kafka: closing a connection failed'))
  }
}

function unreachable({ brokers, tls, sasl }: Connection, error: unknown): Error {
  const { name, message } = faultOf(error)
  const refused = name === 'KafkaJSSASLAuthenticationError'
  const used = `tls ${tls === false ? 'off' : 'on'}, sasl ${sasl?.mechanism ?? 'off'}`
  const what = refused ? 'refused the login' : 'cannot be reached'
  const mend = refused
    ? 'check sasl (mechanism, user, secret)'
    : 'check the addresses, that a broker is up, and that its listener wants this tls and sasl'
  return new Error(`brokers ${brokers.join(', ')} (${used}): ${what}: ${message}; ${mend}`, { cause: error })
}
