package io.digflink.schemas.codec;

/**
 * A schema as a registry holds it.
 *
 * @param id its number there
 * @param type AVRO, JSON or PROTOBUF
 * @param text the schema itself
 */
public record RegisteredSchema(int id, String type, String text) {}
