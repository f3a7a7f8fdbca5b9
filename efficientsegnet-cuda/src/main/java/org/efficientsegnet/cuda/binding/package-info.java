/** The C functions of the GPU library as Java methods; see {@code efficientsegnet_cuda.h} for what each does. */
package org.efficientsegnet.cuda.binding;
