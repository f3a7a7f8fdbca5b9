// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.cuda.binding;

import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.annotation.Cast;
import org.bytedeco.javacpp.annotation.Const;
import org.bytedeco.javacpp.annotation.Platform;
import org.bytedeco.javacpp.annotation.Properties;

/**
 * The functions of {@code efficientsegnet_cuda.h}, one for one; names, arguments and units are the header's. Addresses
 * and handles are {@code long}. The first use loads the library.
 */
@Properties(
        @Platform(
                value = "linux-x86_64",
                include = "efficientsegnet_cuda.h",
                link = "efficientsegnet_cuda",
                library = "jniefficientsegnet_cuda"))
public final class CudaLibrary {

    static {
        Loader.load();
    }

    private CudaLibrary() {}

    public static native String esn_last_error();

    public static native int esn_device_count(int[] count);

    public static native int esn_device_info(
            int device, @Cast("int64_t*") long[] info, @Cast("char*") byte[] name, int nameBytes);

    public static native String esn_architectures();

    public static native int esn_device_supported(int device);

    public static native int esn_context_create(int device, int threads, @Cast("int64_t*") long[] context);

    public static native int esn_context_destroy(long context);

    public static native int esn_synchronize(long context);

    public static native int esn_allocate(long context, long bytes, @Cast("int64_t*") long[] address);

    public static native int esn_free(long context, long address);

    public static native int esn_allocate_pinned(long context, long bytes, @Cast("int64_t*") long[] address);

    public static native int esn_free_pinned(long context, long address);

    public static native void esn_in_use(@Cast("int64_t*") long[] counts);

    public static native int esn_upload(long context, long to, long fromHost, long bytes);

    public static native int esn_download(long context, long toHost, long from, long bytes);

    public static native int esn_clear(long context, long address, long bytes);

    public static native int esn_capture_begin(long context);

    public static native int esn_capture_end(long context, @Cast("int64_t*") long[] graph);

    public static native int esn_graph_launch(long context, long graph);

    public static native int esn_graph_destroy(long context, long graph);

    public static native int esn_axis_table(long context, int from, int to, long table);

    public static native int esn_resample(
            long context,
            int type,
            long source,
            long offset,
            @Cast("const int64_t*") long[] sourceStrides,
            @Cast("const int64_t*") long[] tables,
            long result,
            @Const int[] extents,
            @Cast("const int64_t*") long[] resultStrides,
            float slope,
            float intercept);

    public static native long esn_reduction_workspace(long n);

    public static native int esn_moments(
            long context, long values, long n, float low, float high, long workspace, long moments);

    public static native int esn_standardize(
            long context, long values, long n, float low, float high, long moments, double epsilon);

    public static native int esn_distribution(
            long context, long values, long n, float air, float tissue, long workspace, long distribution);

    public static native int esn_restore(
            long context,
            long logits,
            @Const int[] from,
            int firstClass,
            int classes,
            float least,
            @Cast("const int64_t*") long[] tables,
            @Const int[] to,
            long masks);

    public static native int esn_keep_largest(
            long context,
            long masks,
            int bit,
            @Const int[] shape,
            int keep,
            double minVoxels,
            long labels,
            long sizes,
            long workspace,
            @Cast("int32_t*") int[] found);

    public static native int esn_paint(
            long context,
            long masks,
            int classes,
            int firstLabel,
            @Const int[] shape,
            long labels,
            long offset,
            @Cast("const int64_t*") long[] strides);

    public static native int esn_to_half(long context, int type, long values, long n, long result);

    public static native int esn_to_float(
            long context, int type, @Cast("const int64_t*") long[] operand, @Const int[] shape, long result);

    public static native long esn_packed_weights_bytes(int outputs, int inputs, int taps);

    public static native int esn_pack_weights(int type, long weights, int outputs, int inputs, int taps, long packed);

    public static native long esn_convolution_partials(@Const int[] kernel, int stride, @Const int[] outShape);

    public static native int esn_convolution(
            long context,
            int type,
            @Cast("const int64_t*") long[] operand,
            @Const int[] inShape,
            long packed,
            @Const int[] kernel,
            int stride,
            long out,
            @Const int[] outShape,
            long partials);

    public static native int esn_depthwise(
            long context,
            int type,
            @Cast("const int64_t*") long[] operand,
            @Const int[] inShape,
            long weights,
            @Const int[] kernel,
            int stride,
            long out,
            @Const int[] outShape);

    public static native int esn_norm_from_partials(
            long context, long partials, long count, long voxels, int channels, double epsilon, long affine);

    public static native int esn_norm_from_maps(
            long context, int type, long maps, long voxels, int channels, double epsilon, long affine);

    public static native int esn_combine(
            long context,
            int type,
            @Cast("const int64_t*") long[] first,
            @Cast("const int64_t*") long[] second,
            int relu,
            @Const int[] shape,
            long out);

    public static native int esn_gate(
            long context,
            int type,
            @Cast("const int64_t*") long[] features,
            @Cast("const int64_t*") long[] gate,
            @Const int[] shape,
            long out);

    public static native int esn_concatenate(
            long context,
            int type,
            @Cast("const int64_t*") long[] operand,
            @Const int[] shape,
            long out,
            int firstChannel,
            int outChannels);

    public static native int esn_max_pooling(
            long context,
            int type,
            @Cast("const int64_t*") long[] operand,
            @Const int[] inShape,
            int kernel,
            int stride,
            int padding,
            long out,
            @Const int[] outShape);

    public static native int esn_mean_pooling(
            long context,
            int type,
            @Cast("const int64_t*") long[] operand,
            @Const int[] inShape,
            int factor,
            long out,
            @Const int[] outShape);

    public static native int esn_resize(
            long context,
            int type,
            @Cast("const int64_t*") long[] operand,
            @Const int[] inShape,
            @Cast("const int64_t*") long[] tables,
            @Cast("const int64_t*") long[] addend,
            int relu,
            long out,
            @Const int[] outShape);

    public static native int esn_logits(
            long context,
            int type,
            @Cast("const int64_t*") long[] operand,
            @Const int[] shape,
            long weights,
            int classes,
            long logits,
            long strange);
}
