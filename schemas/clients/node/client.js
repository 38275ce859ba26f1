// Asks for one image and writes it as a file:
//   npm install && node client.js BROKERS MODEL LABEL FILE
// The job must run with --topics.format json.
const crypto = require('crypto')
const fs = require('fs')
const { Kafka, logLevel } = require('kafkajs')

const [brokers, model, label, file] = process.argv.slice(2)
const requestId = crypto.randomUUID()
const kafka = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.ERROR })

// From the topic's end, which is known before the request is sent: its answers come after.
async function consume(consumer, topics, eachMessage) {
  await consumer.connect()
  await consumer.subscribe({ topics, fromBeginning: false })
  await new Promise((resolve) => {
    consumer.on(consumer.events.GROUP_JOIN, resolve)
    consumer.run({ eachMessage }) // read_committed is kafkajs's default
  })
  const admin = kafka.admin()
  await admin.connect()
  for (const topic of topics) {
    for (const { partition, offset } of await admin.fetchTopicOffsets(topic)) {
      consumer.seek({ topic, partition, offset })
    }
  }
  await admin.disconnect()
}

async function main() {
  const consumer = kafka.consumer({ groupId: 'dig-client-' + requestId, maxWaitTimeInMs: 500 })
  const answer = new Promise((resolve, reject) => {
    consume(consumer, ['dig.images', 'dig.rejected'], async ({ topic, message }) => {
      if (message.headers['request-id']?.toString() !== requestId) return
      const record = JSON.parse(message.value.toString())
      if (topic === 'dig.rejected') reject(new Error(record.message))
      else resolve(record)
    }).then(send, reject)
  })

  async function send() {
    const producer = kafka.producer()
    await producer.connect()
    const request = { request_id: requestId, model, labels: [Number(label)], steps: 10 }
    // A seed beyond 2^53 goes as a string: "seed": "9007199254740993".
    await producer.send({
      topic: 'dig.requests',
      messages: [{ key: requestId, value: JSON.stringify(request) }],
    })
    await producer.disconnect()
  }

  const image = await answer.finally(() => consumer.disconnect())
  fs.writeFileSync(file, Buffer.from(image.bytes, 'base64'))
  console.log(`${file}: ${image.width}x${image.height}, sha256 ${image.sha256}`)
}

main().catch((e) => { console.error(e.message); process.exit(1) })
