-- Requests and images as tables of Flink SQL; the job must run with --topics.format json.
-- Columns that a statement does not fill become null, which stands for a field's default.
CREATE TABLE requests (
  request_id STRING,
  model STRING,
  labels ARRAY<INT>,
  class_names ARRAY<STRING>,
  images_per_label INT,
  seed BIGINT,
  sampler STRING,
  steps INT,
  guidance_scale DOUBLE,
  deadline TIMESTAMP_LTZ(3)
) WITH (
  'connector' = 'kafka',
  'topic' = 'dig.requests',
  'properties.bootstrap.servers' = '${brokers}',
  'key.format' = 'raw',
  'key.fields' = 'request_id',
  'value.format' = 'json',
  'value.json.timestamp-format.standard' = 'ISO-8601'
);

CREATE TABLE images (
  request_id STRING,
  `index` INT,
  label INT,
  seed BIGINT,
  width INT,
  height INT,
  format STRING,
  `bytes` BYTES,
  uri STRING,
  sha256 STRING,
  completed_at TIMESTAMP_LTZ(3)
) WITH (
  'connector' = 'kafka',
  'topic' = 'dig.images',
  'properties.bootstrap.servers' = '${brokers}',
  'properties.isolation.level' = 'read_committed',
  'scan.startup.mode' = 'earliest-offset',
  'scan.bounded.mode' = 'latest-offset',
  'format' = 'json',
  'json.timestamp-format.standard' = 'ISO-8601'
);

INSERT INTO requests (request_id, model, labels, seed, sampler, steps, deadline)
VALUES ('sql-1', '${model}', ARRAY[${label}], 9007199254740993, 'ddim', 10,
        CURRENT_TIMESTAMP + INTERVAL '10' MINUTE);

SELECT request_id, `index`, seed, `bytes`, sha256, completed_at FROM images WHERE request_id = 'sql-1';
