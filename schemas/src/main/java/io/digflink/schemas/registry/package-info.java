/** A schema registry that speaks Confluent's REST interface, as Apicurio's does too. */
package io.digflink.schemas.registry;
