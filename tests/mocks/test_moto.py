"""moto answers for AWS, below boto3 and below requests."""

from __future__ import annotations

import boto3
import pytest
from mocks.ways import ORDERS
from moto import mock_aws

import ringback

pytestmark = pytest.mark.nightly

REGION = {"region_name": "eu-central-1"}


@pytest.fixture(autouse=True)
def credentials(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")


@pytest.fixture(params=ORDERS)
def aws(request, policy):
    """AWS as moto plays it, under ``ringback.install``."""
    begin = [mock_aws, lambda: ringback.install(policy, retry=True, sinks=[])]
    first, second = ORDERS[request.param](begin)
    with first(), second():
        yield


def bucket():
    s3 = boto3.client("s3", **REGION)
    s3.create_bucket(
        Bucket="orders", CreateBucketConfiguration={"LocationConstraint": REGION["region_name"]}
    )
    s3.put_object(Bucket="orders", Key="first", Body=b"one")
    return s3


def test_boto3_talks_to_moto(aws):
    assert bucket().get_object(Bucket="orders", Key="first")["Body"].read() == b"one"
    identity = boto3.client("sts", **REGION).get_caller_identity()
    assert identity["Account"] == "123456789012"


def test_a_session_of_ringbacks_talks_to_moto(policy):
    with mock_aws(), ringback.Session(policy=policy, sinks=[]) as session:
        url = bucket().generate_presigned_url("get_object", {"Bucket": "orders", "Key": "first"})
        assert session.get(url).text == "one"
        missing = session.get(url.replace("first", "second"))
        assert (missing.status_code, missing.failure.kind) == (404, "http.error")


def test_what_moto_refuses_is_boto3s_own_error(aws):
    s3 = bucket()
    with pytest.raises(s3.exceptions.NoSuchKey):
        s3.get_object(Bucket="orders", Key="second")
