module com.example.reference {
    requires org.efficientsegnet.nn;

    uses org.efficientsegnet.spi.NetworkEngine;
}
