package dev.wsss.examples;

import dev.wsss.core.io.Checkpoint;
import dev.wsss.core.io.OnnxModel;
import dev.wsss.core.io.OnnxNode;
import dev.wsss.core.io.TfliteModel;
import dev.wsss.core.io.TfliteOperator;
import dev.wsss.core.io.TfliteTensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What a file of weights tells of the network that they are of.
 *
 * @param stored how each tensor lies in the file, in the file's order; empty where that is as it is read
 * @param lines about inputs, outputs and operators
 */
record NetworkInfo(List<String> stored, List<String> lines) {
    /** Of a file that holds a network; nothing of one that holds weights alone. */
    static NetworkInfo of(Path file, Checkpoint.Format format) {
        return switch (format) {
            case TFLITE -> tflite(file);
            case ONNX -> onnx(file);
            default -> new NetworkInfo(List.of(), List.of());
        };
    }

    private static NetworkInfo tflite(Path file) {
        try (TfliteModel model = TfliteModel.open(file)) {
            List<String> stored = model.tensors().stream()
                    .filter(TfliteTensor::constant)
                    .map(NetworkInfo::stored)
                    .toList();
            List<String> lines = new ArrayList<>();
            model.inputs().forEach(i -> lines.add("takes " + described(model.tensor(i))));
            model.outputs().forEach(i -> lines.add("gives " + described(model.tensor(i))));
            lines.add(operators(model.operatorCounts()));
            others(
                    model.operators().stream()
                            .filter(operator -> !operator.known())
                            .map(TfliteOperator::name)
                            .toList(),
                    lines);
            if (model.subgraphs() > 1) {
                lines.add(model.subgraphs() + " subgraphs, of which the first is read");
            }
            return new NetworkInfo(stored, lines);
        }
    }

    private static String described(TfliteTensor tensor) {
        return tensor + (tensor.quantization() == null ? "" : ", " + tensor.quantization());
    }

    private static String stored(TfliteTensor tensor) {
        return tensor.type() + (tensor.quantization() == null ? "" : ", " + tensor.quantization());
    }

    private static NetworkInfo onnx(Path file) {
        try (OnnxModel model = OnnxModel.open(file)) {
            List<String> lines = new ArrayList<>();
            model.inputs().stream()
                    .filter(input -> !model.initializers().contains(input.name()))
                    .forEach(input -> lines.add("takes " + input));
            model.outputs().forEach(output -> lines.add("gives " + output));
            lines.add(model.opsets().entrySet().stream()
                    .map(e -> (e.getKey().isEmpty() ? "ai.onnx" : e.getKey()) + " " + e.getValue())
                    .collect(Collectors.joining(", ", "operator sets: ", "")));
            lines.add(operators(model.operatorCounts()));
            others(
                    model.nodes().stream()
                            .filter(node -> !node.domain().isEmpty())
                            .map(OnnxNode::qualifiedOperator)
                            .toList(),
                    lines);
            return new NetworkInfo(List.of(), lines);
        }
    }

    private static String operators(Map<String, Integer> counts) {
        return counts.entrySet().stream()
                .sorted(Map.Entry.<String, Integer>comparingByValue(Comparator.reverseOrder())
                        .thenComparing(Map.Entry.comparingByKey()))
                .map(e -> e.getValue() + " " + e.getKey())
                .collect(Collectors.joining(", ", "operators: ", counts.isEmpty() ? "none" : ""));
    }

    private static void others(Collection<String> names, List<String> lines) {
        if (!names.isEmpty()) {
            lines.add("of these unknown: " + String.join(", ", new TreeSet<>(names)));
        }
    }
}
