package choreography.contract;

import java.math.BigDecimal;

import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ValueNode;

/**
 * Numbers of a JSON document as they are written, none rounded: {@code 2.0} and {@code 2e0} are the whole number 2,
 * {@code 1.99999999999999999} is not. A number of a size that nobody needs is refused before anything is computed with
 * it: {@code 1e1000000000} written out would fill the memory.
 */
final class ExactNumbers extends JsonNodeFactory {

    /** A number is written with at most so many digits (Jackson sees to that), without an exponent too. */
    static final int MOST_DIGITS = StreamReadConstraints.DEFAULT_MAX_NUM_LEN;

    private static final long serialVersionUID = 1L;

    ExactNumbers() {
        super(true);
    }

    @Override
    public ValueNode numberNode(BigDecimal number) {
        if (Math.abs((long) number.scale()) > MOST_DIGITS) {
            throw new ArithmeticException("The number has too many digits");
        }
        BigDecimal shortest = number.stripTrailingZeros();
        if (shortest.scale() > 0) {
            return super.numberNode(shortest);
        }
        return shortest.precision() - shortest.scale() < 19
                ? numberNode(shortest.longValueExact()) : numberNode(shortest.toBigIntegerExact());
    }
}
