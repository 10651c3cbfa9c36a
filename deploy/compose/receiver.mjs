// Prints what it is told of alerts, a line each: the events of Driftwatch's sink `webhook`, and the notifications of Alertmanager.
// It believes whoever writes to it; how a receiver checks the signature: docs/sinks.md.
import { createServer } from 'node:http'

const linesOf = (body) =>
  body.alerts === undefined
    ? [`driftwatch    ${body.data.severity} ${body.data.transition}: ${body.data.summary}`]
    : body.alerts.map(
        ({ status, labels, annotations }) => `alertmanager  ${labels.severity} ${status}: ${annotations.summary ?? labels.alertname}`,
      )

const server = createServer(async (request, response) => {
  if (request.method === 'POST') {
    const chunks = []
    for await (const chunk of request) chunks.push(chunk)
    try {
      for (const line of linesOf(JSON.parse(Buffer.concat(chunks).toString('utf8')))) console.log(line)
    } catch (error) {
      console.error(`not understood: ${error.message}`)
      response.statusCode = 400
    }
  }
  response.end()
})

server.listen(8080)
process.on('SIGTERM', () => server.close(() => process.exit(0)))
