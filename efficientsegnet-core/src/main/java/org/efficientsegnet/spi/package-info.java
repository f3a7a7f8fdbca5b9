/**
 * What a network engine and a model bundle offer to the pipeline.
 *
 * <p>Engines and bundle sources are found by {@link java.util.ServiceLoader}. Programs that only segment need nothing
 * from here.
 */
package org.efficientsegnet.spi;
