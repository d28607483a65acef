/** Our networks as ONNX models, for other runtimes: {@link dev.wsss.models.onnx.OnnxExport}. */
@NullMarked
package dev.wsss.models.onnx;

import org.jspecify.annotations.NullMarked;
