import type { DeadLetterComponent, PagerComponent, SinkComponent, SourceComponent, StoreComponent } from './component.js'
import type { ControlComponent } from './control.js'
import { fileControl } from './files/control.js'
import { fileSource } from './files/file.js'
import { folderSource } from './files/folder.js'
import { generatorSource } from './generator/generator.js'
import { scenesSource } from './generator/scenes.js'
import { kafkaControl } from './kafka/control.js'
import { kafkaDeadLetters } from './kafka/dead-letters.js'
import { kafkaSink } from './kafka/sink.js'
import { kafka } from './kafka/source.js'
import { kafkaState } from './kafka/state-store.js'
import { alertmanager } from './sinks/alertmanager.js'
import { pagerDuty } from './sinks/pagerduty.js'
import { slack } from './sinks/slack.js'
import { stdout } from './sinks/stdout.js'
import { template } from './sinks/template.js'
import { webhook } from './sinks/webhook.js'
import { deadLetterFile } from './stores/dead-letter-file.js'
import { fileStore } from './stores/file.js'
import { memoryStore } from './stores/memory.js'

export { codecs } from './codecs/registry.js'

/** Every source that a configuration may name. */
export const sources: readonly SourceComponent[] = [kafka, fileSource, folderSource, generatorSource, scenesSource]

/** Every sink for alerts. */
export const sinks: readonly SinkComponent[] = [kafkaSink, webhook, alertmanager, stdout]

/** Every receiver of pages: what stands between alerts and people (routes, groups, silences) is in front of it. */
export const pagers: readonly PagerComponent[] = [slack, pagerDuty, template]

/** Every sink for records that cannot be used. */
export const deadLetters: readonly DeadLetterComponent[] = [deadLetterFile, kafkaDeadLetters]

/** Every store for the state of streams. */
export const stores: readonly StoreComponent[] = [fileStore, kafkaState, memoryStore]

/** Every place from which a monitor may be told of deploys. */
export const controls: readonly ControlComponent[] = [kafkaControl, fileControl]
