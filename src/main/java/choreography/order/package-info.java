/**
 * The order service: orders and products. What it does with messages is in camel/order.camel.yaml.
 * Only Main and that file use it.
 * It uses pipes and contract, no other service.
 */
package choreography.order;
