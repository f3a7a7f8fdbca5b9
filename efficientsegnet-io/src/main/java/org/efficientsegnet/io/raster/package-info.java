/** Voxel arrays from and to raw bytes, in every numeric type and both byte orders. */
package org.efficientsegnet.io.raster;
