// SPDX-License-Identifier: Apache-2.0
/**
 * What a network engine and a model bundle offer to the pipeline.
 *
 * <p>Engines and bundle sources are found by {@link java.util.ServiceLoader}. Of this package, programs that only segment
 * meet {@link org.efficientsegnet.spi.ModelIdentity} in results, and {@link org.efficientsegnet.spi.ModelBundle} and {@link
 * org.efficientsegnet.spi.EngineOptions.Concurrency} in settings; the rest is for those who write an engine.
 *
 * <p><strong>SPI</strong>: for those who write an engine; may change in minor versions.
 */
package org.efficientsegnet.spi;
