package io.digflink.lab.bench;

import io.digflink.export.arch.Preset;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads the name of a model's preset. */
final class PresetName implements ITypeConverter<String> {
  @Override
  public String convert(String value) {
    try {
      return Preset.named(value).name();
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }
}
