"""A client that knows nothing of us but what gRPC reflection tells: services, messages, and the annotations on every field."""

import pytest
from google.protobuf import descriptor_pool, message_factory
from grpc_reflection.v1alpha import reflection_pb2
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from world import SCHOOL, STATE_EXCHANGE, request_id

SERVICE = "qaqpa.avtoshkola.v1.Training"
# Of our options, on fields, methods, services and enum values alike.
OPTION = 51717


class Database(ProtoReflectionDescriptorDatabase):
    """grpcio's client of reflection speaks v1alpha alone; the messages of v1 are the same, octet for octet."""

    def __init__(self, channel, version):
        super().__init__(channel)
        path = f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo"
        codec = reflection_pb2.ServerReflectionRequest.SerializeToString, reflection_pb2.ServerReflectionResponse.FromString
        reflect = channel.stream_stream(path, *codec)
        self._stub = type("Stub", (), {"ServerReflectionInfo": staticmethod(reflect)})


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
def test_a_client_that_knows_nothing_but_reflection(world, version):
    with world.channel() as channel:
        database = Database(channel, version)
        assert {SERVICE, "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection"} <= set(database.get_services())
        pool = descriptor_pool.DescriptorPool(database)
        method = pool.FindServiceByName(SERVICE).FindMethodByName("GetSchool")
        request = message_factory.GetMessageClass(method.input_type)()
        request.context.purpose, request.context.on_behalf_of, request.context.request_id = STATE_EXCHANGE, SCHOOL, request_id()
        request.school_bin = SCHOOL
        answer = message_factory.GetMessageClass(method.output_type)
        call = channel.unary_unary(f"/{SERVICE}/{method.name}", type(request).SerializeToString, answer.FromString)
        reply = call(request, timeout=30)
    assert reply.school.bin == SCHOOL and reply.receipt.exchange_id


def test_reflection_keeps_the_annotations(world):
    """Most servers lose custom options on the way; a reader of ours can see which kind of datum each field is."""
    with world.channel() as channel:
        pool = descriptor_pool.DescriptorPool(Database(channel, "v1"))
        # The options are extensions of the pool's own descriptor.proto, not of the one that Python has built in.
        rule = pool.FindExtensionByName("qaqpa.v1.field")
        assert rule.number == OPTION
        options = message_factory.GetMessageClass(rule.containing_type)
        categories = pool.FindEnumTypeByName("qaqpa.v1.Category")
        fields = pool.FindMessageTypeByName("qaqpa.avtoshkola.v1.Student").fields_by_name
        found = {}
        for name, field in fields.items():
            read = options.FromString(field.GetOptions().SerializeToString())
            found[name] = categories.values_by_number[read.Extensions[rule].category].name
    assert found["iin"] == "IIN" and found["phone"] == "PHONE" and found["surname"] == "NAME" and found["note"] == "USER_CONTENT"
    assert "CATEGORY_UNSPECIFIED" not in found.values()


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
def test_whatever_is_listed_can_be_described(world, version):
    """As grpcurl and grpcui do it: every service by its name, its file by name, and what that imports."""
    with world.channel() as channel:
        database = Database(channel, version)
        pool = descriptor_pool.DescriptorPool(database)
        for service in database.get_services():
            described = pool.FindServiceByName(service)
            assert described.methods and pool.FindFileByName(described.file.name) is described.file
        # Details of errors: nothing imports them, they stand in an Any.
        for detail in ["ErrorInfo", "BadRequest", "RetryInfo", "QuotaFailure", "LocalizedMessage"]:
            assert pool.FindMessageTypeByName(f"google.rpc.{detail}").fields
