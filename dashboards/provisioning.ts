import { stringify } from 'yaml'

/** What Grafana and Prometheus read at their start, YAML, by path under `generated/`. */
export const provisioning: Readonly<Record<string, string>> = {
  'grafana/provisioning/datasources/prometheus.yaml': stringify({
    apiVersion: 1,
    datasources: [
      {
        name: 'Prometheus',
        type: 'prometheus',
        access: 'proxy',
        url: 'http://prometheus:9090',
        isDefault: true,
        jsonData: { timeInterval: '15s' },
      },
    ],
  }),
  'grafana/provisioning/dashboards/driftwatch.yaml': stringify({
    apiVersion: 1,
    providers: [
      {
        name: 'driftwatch',
        folder: 'Driftwatch',
        type: 'file',
        allowUiUpdates: false,
        options: { path: '/etc/grafana/driftwatch' },
      },
    ],
  }),
  'prometheus/prometheus.yml': stringify({
    global: { scrape_interval: '15s', evaluation_interval: '15s' },
    rule_files: ['driftwatch.rules.yml'],
    alerting: { alertmanagers: [{ static_configs: [{ targets: ['alertmanager:9093'] }] }] },
    // The rules name this job.
    scrape_configs: [{ job_name: 'driftwatch', static_configs: [{ targets: ['driftwatch:9464'] }] }],
  }),
}
