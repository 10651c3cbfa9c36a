import { execFile, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { access, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'

const run = promisify(execFile)

const kafkaVersion = '4.1.0'

/** For JVMs that live for minutes: quick to start, little compiling. */
export const shortLived = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xshare:auto']

/** A broker for tests. `secure` is its SASL_SSL listener; a broker given by KAFKA_BROKERS has none that we know of. */
export interface Kafka {
  readonly brokers: readonly string[]
  readonly secure?: SecureListener
  /** The folder with Kafka's jars, to run its own tools with. */
  readonly jars?: string
}

export interface SecureListener {
  readonly brokers: readonly string[]
  /** Path of the PEM file that the broker's certificate is checked against. */
  readonly ca: string
  /** Known to PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512. May do everything until an ACL says otherwise; the plain listener's user always may. */
  readonly username: string
  readonly password: string
}

export interface RunningKafka extends Kafka {
  /** Kills the node and removes its data. */
  stop(): Promise<void>
  /** Kills the node and keeps its data and ports for `revive`. */
  kill(): Promise<void>
  revive(): Promise<void>
}

/** Why no broker can be started here, or undefined when one can. */
export async function missingForKafka(): Promise<string | undefined> {
  for (const tool of ['java', 'mvn', 'keytool']) {
    try {
      await run(tool, [tool === 'keytool' ? '-help' : '-version'])
    } catch {
      return `no Kafka: neither KAFKA_BROKERS is set nor is ${tool} installed (Debian: default-jre-headless, maven)`
    }
  }
  return undefined
}

/**
 * Starts one KRaft node on loopback, with a plain and a SASL_SSL listener, from jars that Maven fetches once
 * into `.cache/kafka` (or $DRIFTWATCH_CACHE/kafka). With KAFKA_BROKERS set, uses that cluster and starts nothing.
 */
export async function startKafka(): Promise<RunningKafka> {
  const given = process.env.KAFKA_BROKERS
  if (given !== undefined && given !== '') return { brokers: given.split(','), ...untouched }
  const jars = await fetchJars()
  const folder = await mkdtemp(join(tmpdir(), 'driftwatch-kafka-'))
  const secure = { ca: join(folder, 'ca.pem'), username: 'alice', password: 'alice-secret' }
  await makeCertificate(folder, secure.ca)
  const ports = await freePorts(3)
  await writeFile(join(folder, 'server.properties'), serverProperties(folder, ports, secure))
  await writeFile(join(folder, 'log4j2.properties'), logging)
  const java = (...args: string[]) => [...shortLived, '-cp', `${jars}/*`, `-Dlog4j2.configurationFile=${folder}/log4j2.properties`, ...args]
  const scram = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((m) => ['-S', `${m}=[name=${secure.username},password=${secure.password}]`])
  const config = join(folder, 'server.properties')
  await run('java', java('kafka.tools.StorageTool', 'format', '-t', randomUUID(), '-c', config, ...scram))
  const boot = () => spawnNode(java('-Xmx512m', 'kafka.Kafka', config))
  let node = await boot()
  const [plain, sasl] = ports
  return {
    brokers: [`127.0.0.1:${plain}`],
    secure: { ...secure, brokers: [`127.0.0.1:${sasl}`] },
    jars,
    kill: () => node.kill(),
    revive: async () => {
      node = await boot()
    },
    stop: async () => {
      await node.kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** A cluster that is not ours is neither stopped nor killed. */
const untouched = {
  stop: async () => {},
  kill: () => Promise.reject(new Error('the cluster of KAFKA_BROKERS is not ours to kill')),
  revive: async () => {},
}

/** Resolves once the node reports that it serves. */
async function spawnNode(args: string[]): Promise<{ kill(): Promise<void> }> {
  const node = spawn('java', args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = new Promise<void>((done) => node.once('exit', () => done()))
  const killNow = () => node.kill('SIGKILL')
  process.once('exit', killNow)
  const lines = createInterface({ input: node.stdout })
  const output: string[] = []
  await new Promise<void>((up, down) => {
    lines.on('line', (line) => {
      output.push(line)
      if (output.length > 30) output.shift()
      if (line.includes('Kafka Server started')) up()
    })
    node.once('error', down)
    node.once('exit', (code) => down(new Error(`Kafka ended with code ${code} before it was up:\n${output.join('\n')}`)))
  })
  return {
    kill: () => {
      process.off('exit', killNow)
      killNow()
      return exited
    },
  }
}

async function fetchJars(): Promise<string> {
  const home = join(resolve(process.env.DRIFTWATCH_CACHE ?? '.cache'), 'kafka')
  const jars = join(home, kafkaVersion)
  const present = await access(jars).then(
    () => true,
    () => false,
  )
  if (present) return jars
  await mkdir(home, { recursive: true })
  const work = await mkdtemp(join(home, 'fetch-'))
  try {
    await writeFile(join(work, 'pom.xml'), pom)
    await run('mvn', ['-q', '-B', 'dependency:copy-dependencies', `-DoutputDirectory=${work}/jars`], { cwd: work })
    // Another process may have been faster; its jars are as good.
    await rename(join(work, 'jars'), jars).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
    })
  } finally {
    await rm(work, { recursive: true, force: true })
  }
  return jars
}

async function makeCertificate(folder: string, ca: string): Promise<void> {
  const store = ['-keystore', join(folder, 'keystore.p12'), '-storetype', 'PKCS12', '-storepass', 'changeit', '-alias', 'kafka']
  const subject = ['-dname', 'CN=localhost', '-ext', 'SAN=IP:127.0.0.1,DNS:localhost', '-validity', '3650']
  const quick = shortLived.map((option) => `-J${option}`)
  await run('keytool', [...quick, '-genkeypair', '-keyalg', 'EC', ...store, ...subject])
  await run('keytool', [...quick, '-exportcert', '-rfc', ...store, '-file', ca])
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer()
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
      return server
    }),
  )
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))))
  return ports
}

const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>driftwatch</groupId><artifactId>kafka</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${kafkaVersion}</version></dependency>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>${kafkaVersion}</version></dependency>
    <dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId><version>2.24.3</version></dependency>
  </dependencies>
</project>
`

const logging = `rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %p %c{1} %m%n
logger.server.name = kafka.server.KafkaRaftServer
logger.server.level = info
`

function serverProperties(folder: string, ports: number[], user: { username: string; password: string }): string {
  const [plain, sasl, controller] = ports
  const login = 'org.apache.kafka.common.security'
  const secure = 'listener.name.secure'
  return `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controller}
listeners=PLAIN://127.0.0.1:${plain},SECURE://127.0.0.1:${sasl},CONTROLLER://127.0.0.1:${controller}
advertised.listeners=PLAIN://127.0.0.1:${plain},SECURE://127.0.0.1:${sasl}
listener.security.protocol.map=PLAIN:PLAINTEXT,SECURE:SASL_SSL,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAIN
log.dirs=${folder}/data
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
auto.create.topics.enable=true
${secure}.ssl.keystore.type=PKCS12
${secure}.ssl.keystore.location=${folder}/keystore.p12
${secure}.ssl.keystore.password=changeit
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
allow.everyone.if.no.acl.found=true
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER
${secure}.plain.sasl.jaas.config=${login}.plain.PlainLoginModule required user_${user.username}="${user.password}";
${secure}.scram-sha-256.sasl.jaas.config=${login}.scram.ScramLoginModule required;
${secure}.scram-sha-512.sasl.jaas.config=${login}.scram.ScramLoginModule required;
${secure}.oauthbearer.sasl.jaas.config=${login}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";
`
}
