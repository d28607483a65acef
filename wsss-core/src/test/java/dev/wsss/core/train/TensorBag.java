package dev.wsss.core.train;

import dev.wsss.core.io.HostArray;
import dev.wsss.core.nn.Network;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import java.util.Map;

/** A network that only holds named tensors. */
final class TensorBag extends Network {
    TensorBag(Map<String, HostArray> parameters, Map<String, HostArray> buffers) {
        try (Scope scope = Scope.open()) {
            parameters.forEach((name, array) -> parameter(name, Tensors.of(array)));
            buffers.forEach((name, array) -> buffer(name, Tensors.of(array)));
        }
    }
}
