/** Headers of a stream's or a partition's state that are JSON and nothing else that they should be. */
export const streamHeaderCorpus: readonly string[] = [
  '',
  '{',
  'null',
  '[]',
  '{}',
  '{"reference":"r1"}',
  '{"__proto__":{"reference":"r1"}}',
  '{"reference":"r1","count":0,"time":0,"alarm":{},"alerts":{},"window":{"closed":0,"open":0},"trend":true}',
  '{"reference":"r1","count":0,"time":0,"alarm":null,"alerts":null,"window":{"closed":-1,"open":1.5},"trend":true}',
  '{"reference":"r2","alarm":{"record":{},"drift":{}},"alerts":{"record":{"worst":{"length":9e9}}}}',
  `{"reference":"r1","alarm":${'['.repeat(100_000)}`,
]

export const stateFileCorpus: readonly string[] = [
  '',
  '\n',
  '\n\n',
  'driftwatch-state',
  'driftwatch-state 1 00000000\n',
  '{}\n',
  '{"monitor":"m","topic":"t","partition":0,"offset":null,"streams":[["a",0,9007199254740991]]}\n',
  '{"monitor":"m","topic":"t","partition":0,"offset":null,"streams":[["a",0,5],["b",0,-5],["c",0,5]]}\n',
  '{"monitor":"m","topic":"t","partition":0,"offset":9007199254740993,"streams":[["__proto__",0,0]]}\n',
  '{"__proto__":{"monitor":"m"},"topic":"t","partition":0,"offset":null,"streams":[]}\n',
  `${'['.repeat(100_000)}\n`,
]

export const stateKeyCorpus: readonly string[] = [
  '',
  '[]',
  '["m","t",1e999]',
  '["m","t",-1]',
  '["m","t",0,""]',
  '["m","t",0,"__proto__"]',
  '[['.repeat(50_000),
]
