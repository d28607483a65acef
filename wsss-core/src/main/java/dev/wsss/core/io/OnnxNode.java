package dev.wsss.core.io;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A node of an ONNX graph.
 *
 * @param name may be empty
 * @param operator its type, such as {@code Conv}
 * @param domain of the operator; empty for ONNX's own
 * @param inputs names of values; empty where an optional one is left out
 * @param outputs names of values
 * @param attributes by name
 */
public record OnnxNode(
        String name,
        String operator,
        String domain,
        List<String> inputs,
        List<String> outputs,
        Map<String, OnnxAttribute> attributes) {
    /** Keeps copies; {@code ai.onnx} is ONNX's own domain. */
    public OnnxNode {
        domain = domain.equals("ai.onnx") ? "" : domain;
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
        attributes = attributes.isEmpty() ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(attributes));
    }

    /** A node of one of ONNX's own operators, named by its first output. */
    public static OnnxNode of(
            String operator, List<String> inputs, List<String> outputs, Map<String, OnnxAttribute> attributes) {
        return new OnnxNode(outputs.isEmpty() ? "" : outputs.get(0), operator, "", inputs, outputs, attributes);
    }

    /** The operator with its domain if that is not ONNX's own, such as {@code com.microsoft:FusedConv}. */
    public String qualifiedOperator() {
        return domain.isEmpty() ? operator : domain + ":" + operator;
    }
}
