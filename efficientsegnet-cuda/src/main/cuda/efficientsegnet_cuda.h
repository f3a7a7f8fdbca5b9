// SPDX-License-Identifier: Apache-2.0
/*
 * The C interface of the GPU library.
 *
 * Every function returns a status: 0, a positive CUDA error, or a negative one of this library; esn_last_error() then
 * says what went wrong in the calling thread. A context is a device with one stream, or the host (device -1), on which
 * the same kernel bodies run as plain loops; addresses belong to the context that allocated them. Work is asynchronous
 * on a device until esn_synchronize. A context is for one thread at a time.
 *
 * Shapes are z, y, x, channels, of feature maps stored channels last; type 0 is FP16, 1 is BF16. An operand is an
 * address of feature maps, the address of their affine map (scale and shift of each channel, 0 for none) and whether
 * ReLU follows it: y = relu(x * scale + shift), computed while reading.
 */
#ifndef EFFICIENTSEGNET_CUDA_H
#define EFFICIENTSEGNET_CUDA_H

#include <stdint.h>

#if defined(__GNUC__)
#define ESN_API extern "C" __attribute__((visibility("default")))
#else
#define ESN_API extern "C"
#endif

#define ESN_INVALID (-1)
#define ESN_NO_HOST_MEMORY (-2)

ESN_API const char* esn_last_error(void);

/* Devices and contexts. info: compute capability * 10, multiprocessors, bytes of memory, driver and runtime version. */
ESN_API int esn_device_count(int32_t* count);
ESN_API int esn_device_info(int device, int64_t* info, char* name, int name_bytes);
/* Compute capabilities without the dot, by commas, that the library holds code for; that of the last serves newer ones. */
ESN_API const char* esn_architectures(void);
/* 0 if the library holds code for a device. */
ESN_API int esn_device_supported(int device);
ESN_API int esn_context_create(int device, int threads, int64_t* context);
ESN_API int esn_context_destroy(int64_t context);
ESN_API int esn_synchronize(int64_t context);

/* Memory. esn_free and esn_free_pinned accept 0. Pinned memory is the host's, reachable by the device's copies. */
ESN_API int esn_allocate(int64_t context, int64_t bytes, int64_t* address);
ESN_API int esn_free(int64_t context, int64_t address);
ESN_API int esn_allocate_pinned(int64_t context, int64_t bytes, int64_t* address);
ESN_API int esn_free_pinned(int64_t context, int64_t address);
/* What this process holds: contexts, blocks of memory, their bytes, blocks of pinned memory, graphs. */
ESN_API void esn_in_use(int64_t* counts);
ESN_API int esn_upload(int64_t context, int64_t to, int64_t from_host, int64_t bytes);
ESN_API int esn_download(int64_t context, int64_t to_host, int64_t from, int64_t bytes);
ESN_API int esn_clear(int64_t context, int64_t address, int64_t bytes);

/* What is launched between begin and end is recorded; on the host, where nothing is recorded, both fail. */
ESN_API int esn_capture_begin(int64_t context);
ESN_API int esn_capture_end(int64_t context, int64_t* graph);
ESN_API int esn_graph_launch(int64_t context, int64_t graph);
ESN_API int esn_graph_destroy(int64_t context, int64_t graph);

/* Volumes. A table has 8 bytes an entry: where sample i of `to` lies between the samples of `from`, corners aligned. */
ESN_API int esn_axis_table(int64_t context, int from, int to, int64_t table);
/*
 * Source types: 0 int8, 1 uint8, 2 int16, 3 uint16, 4 int32, 5 uint32, 6 float. Axes are given in the order of
 * interpolation, that of the source's contiguous rows last: three extents of the source, then three of the result.
 */
ESN_API int esn_resample(int64_t context, int type, int64_t source, int64_t offset, const int64_t* source_strides,
                         const int64_t* tables, int64_t result, const int32_t* extents, const int64_t* result_strides,
                         float slope, float intercept);
/* Bytes that esn_moments and esn_distribution work in. */
ESN_API int64_t esn_reduction_workspace(int64_t n);
/* moments: mean and standard deviation (n - 1) of the values clipped to low..high, two doubles. */
ESN_API int esn_moments(int64_t context, int64_t values, int64_t n, float low, float high, int64_t workspace,
                        int64_t moments);
/* Clips and standardizes in place. */
ESN_API int esn_standardize(int64_t context, int64_t values, int64_t n, float low, float high, int64_t moments,
                            double epsilon);
/* distribution: least and greatest value, two floats; how many lie below air, and from -tissue to tissue, two int32. */
ESN_API int esn_distribution(int64_t context, int64_t values, int64_t n, float air, float tissue, int64_t workspace,
                             int64_t distribution);
ESN_API int esn_restore(int64_t context, int64_t logits, const int32_t* from, int first_class, int classes, float least,
                        const int64_t* tables, const int32_t* to, int64_t masks);
/*
 * Clears a bit wherever it is not in one of the `keep` largest components of more than min_voxels; of two of one size the
 * one that begins earlier counts as larger. labels and sizes: four bytes a voxel each, workspace: 32 bytes, all working
 * memory. found, on the host: how many are kept, then the box around them, z0, y0, x0, z1, y1, x1. Waits for the device.
 */
ESN_API int esn_keep_largest(int64_t context, int64_t masks, int bit, const int32_t* shape, int keep, double min_voxels,
                             int64_t labels, int64_t sizes, int64_t workspace, int32_t* found);
ESN_API int esn_paint(int64_t context, int64_t masks, int classes, int first_label, const int32_t* shape,
                      int64_t labels, int64_t offset, const int64_t* strides);

/* Network layers. */
ESN_API int esn_to_half(int64_t context, int type, int64_t values, int64_t n, int64_t result);
ESN_API int esn_to_float(int64_t context, int type, const int64_t* operand, const int32_t* shape, int64_t result);
ESN_API int64_t esn_packed_weights_bytes(int outputs, int inputs, int taps);
/* weights: floats on the host, output, input, tap; packed: on the host too. */
ESN_API int esn_pack_weights(int type, int64_t weights, int outputs, int inputs, int taps, int64_t packed);
/* Pairs of sums (two floats) that a convolution writes for one output channel. */
ESN_API int64_t esn_convolution_partials(const int32_t* kernel, int stride, const int32_t* out_shape);
ESN_API int esn_convolution(int64_t context, int type, const int64_t* operand, const int32_t* in_shape, int64_t packed,
                            const int32_t* kernel, int stride, int64_t out, const int32_t* out_shape, int64_t partials);
ESN_API int esn_depthwise(int64_t context, int type, const int64_t* operand, const int32_t* in_shape, int64_t weights,
                          const int32_t* kernel, int stride, int64_t out, const int32_t* out_shape);
/* Scale and shift of every channel of an instance norm, from the sums that a convolution left or from the maps. */
ESN_API int esn_norm_from_partials(int64_t context, int64_t partials, int64_t count, int64_t voxels, int channels,
                                   double epsilon, int64_t affine);
ESN_API int esn_norm_from_maps(int64_t context, int type, int64_t maps, int64_t voxels, int channels, double epsilon,
                               int64_t affine);
/* relu?(first + second); the second operand may have address 0. */
ESN_API int esn_combine(int64_t context, int type, const int64_t* first, const int64_t* second, int relu,
                        const int32_t* shape, int64_t out);
ESN_API int esn_gate(int64_t context, int type, const int64_t* features, const int64_t* gate, const int32_t* shape,
                     int64_t out);
ESN_API int esn_concatenate(int64_t context, int type, const int64_t* operand, const int32_t* shape, int64_t out,
                            int first_channel, int out_channels);
ESN_API int esn_max_pooling(int64_t context, int type, const int64_t* operand, const int32_t* in_shape, int kernel,
                            int stride, int padding, int64_t out, const int32_t* out_shape);
/* Means over boxes: of factor^3 voxels, or with factor 0 as many boxes as the output has voxels, covering the input. */
ESN_API int esn_mean_pooling(int64_t context, int type, const int64_t* operand, const int32_t* in_shape, int factor,
                             int64_t out, const int32_t* out_shape);
ESN_API int esn_resize(int64_t context, int type, const int64_t* operand, const int32_t* in_shape,
                       const int64_t* tables, const int64_t* addend, int relu, int64_t out, const int32_t* out_shape);
/*
 * weights: floats, class after class; logits: floats, class after class. strange: an int32 that becomes 1 if one of them is
 * not finite.
 */
ESN_API int esn_logits(int64_t context, int type, const int64_t* operand, const int32_t* shape, int64_t weights,
                       int classes, int64_t logits, int64_t strange);

#endif
