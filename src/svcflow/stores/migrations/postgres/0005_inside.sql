-- While a hook runs inside a transaction it has a row here that refers to nothing, which is looked at when the transaction
-- is committed: whoever tries to do that too early cannot. Before the real end the row is gone.
CREATE TABLE svcflow_inside (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hook bigint NOT NULL DEFAULT 0,
    CONSTRAINT hooks_inside_leave_the_transaction_open
        FOREIGN KEY (hook) REFERENCES svcflow_inside (id) DEFERRABLE INITIALLY DEFERRED
);
